package composefile

import (
	"maps"
	"slices"
	"strings"

	"bulkhead/fix/socketproxy"
	"bulkhead/inspect"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

// Beside is a new service that stands between the edited one and the engine's
// socket, on a new network that only the two are on.
type Beside struct {
	Proxy socketproxy.Proxy
	// Network is the network's name in the file; it has no way out.
	Network string
	// Variable tells the edited service where the proxy is.
	Variable string
}

// socketAt is where the proxies look for the engine's socket.
const socketAt = "/var/run/docker.sock"

// besideKeys are the keys of the edited service that a proxy beside it changes.
var besideKeys = []string{"environment", "networks", "depends_on"}

// beside points the service at the proxy and declares this.
func (w *wanted) beside() error {
	b := w.request.Beside
	if b == nil {
		return nil
	}
	if err := w.checkBeside(b); err != nil {
		return err
	}
	for _, key := range besideKeys {
		if w.field(key) == nil && w.inherited[key] != nil {
			return refuse(w.key.Line, "Write the service's own "+key+" out first, or let an override file be written.",
				"%s comes through a merge key (<<), which may serve other services too", key)
		}
	}
	if err := w.point(b); err != nil {
		return err
	}
	return w.declareBeside(b)
}

// overBeside is beside in an override file: what it says of a list or a mapping
// Compose joins to what the other files say, whichever of the two that is.
func (w *wanted) overBeside() error {
	b := w.request.Beside
	if b == nil {
		return nil
	}
	if err := w.checkBeside(b); err != nil {
		return err
	}
	if err := w.point(b); err != nil || w.request.Content == nil {
		return err // a fresh file declares the rest
	}
	return w.declareBeside(b)
}

// point points the service at the proxy. Where it has none of the keys yet, its
// networks and what it waits for become lists, which every version knows.
func (w *wanted) point(b *Beside) error {
	variable := outcome{key: b.Variable, text: escape(b.Proxy.Endpoint())}
	after := outcome{key: b.Proxy.Name, below: []outcome{{key: "condition", text: types.ServiceConditionStarted}}}
	for _, o := range []struct {
		fresh outcome
		entry string
		below outcome
	}{
		{outcome{key: "environment", below: []outcome{variable}}, b.Variable + "=" + variable.text, variable},
		{outcome{key: "networks", add: append(w.networksToday(), b.Network)}, b.Network, outcome{key: b.Network, scalar: "{}"}},
		{outcome{key: "depends_on", add: []string{b.Proxy.Name}}, b.Proxy.Name, after},
	} {
		if err := w.join(o.fresh, o.entry, o.below); err != nil {
			return err
		}
	}
	return nil
}

// checkBeside refuses names that are taken, and a service that has no network of
// its own.
func (w *wanted) checkBeside(b *Beside) error {
	_, serviceTaken := w.project.Compose.Services[b.Proxy.Name]
	_, networkTaken := w.project.Compose.Networks[b.Network]
	switch {
	case serviceTaken:
		return refuse(0, "Rename or remove that service first.", "the project has a service %s already", b.Proxy.Name)
	case networkTaken:
		return refuse(0, "Rename or remove that network first.", "the project has a network %s already", b.Network)
	case w.model.NetworkMode != "":
		return refuse(w.key.Line, "Give the service networks of its own first, or put the proxy in place by hand.",
			"its network_mode is %s, so that it cannot be on the proxy's network", w.model.NetworkMode)
	}
	return nil
}

// networksToday are the networks that the service is on, sorted: it is on the
// default one only as long as it names none.
func (w *wanted) networksToday() []string {
	if len(w.model.Networks) == 0 {
		return []string{"default"}
	}
	return slices.Sorted(maps.Keys(w.model.Networks))
}

// join adds to a key that may be a list or a mapping: entry to the one, below to
// the other; fresh is written where the service has no such key. A variable that
// a list holds is replaced.
func (w *wanted) join(fresh outcome, entry string, below outcome) error {
	f := w.field(fresh.key)
	switch {
	case f == nil:
		w.add(fresh)
		return nil
	case f.value.Kind == yaml.MappingNode:
		w.add(outcome{key: fresh.key, below: []outcome{below}})
		return nil
	}
	items, err := w.items(f)
	if err != nil {
		return err
	}
	o := outcome{key: fresh.key, replace: map[int]string{}}
	if name, _, variable := strings.Cut(entry, "="); variable {
		for i, item := range items {
			if set, _, _ := strings.Cut(item.Value, "="); set == name {
				o.replace[i] = entry
			}
		}
	}
	if len(o.replace) == 0 {
		o.add = []string{entry}
	}
	w.add(o)
	return nil
}

// declareBeside declares the proxy among the services, and the network.
func (w *wanted) declareBeside(b *Beside) error {
	services := own(w.root, "services")
	among, err := w.within(services.key, services.value)
	if err != nil {
		return err
	}
	service := outcome{key: b.Proxy.Name, below: proxyKeys(b)}
	if among.flow {
		w.top = append(w.top, among.insertFlow([]outcome{service}))
	} else {
		at := among.after(len(among.fields) - 1)
		sp := among.insertBlock(at, []outcome{service})
		if len(among.fields) > 1 && among.blankBefore(among.fields[len(among.fields)-1].key) {
			sp.lines = append([]string{""}, sp.lines...)
		}
		w.top = append(w.top, sp)
	}
	return w.declareTop("networks", []outcome{{key: b.Network, below: networkKeys}})
}

// networkKeys are those of a network without a way out.
var networkKeys = []outcome{{key: "internal", scalar: "true"}}

// proxyKeys are the keys of the proxy's service.
func proxyKeys(b *Beside) []outcome {
	p := b.Proxy
	keys := []outcome{
		{key: "image", text: escape(p.Image)},
		{key: "restart", text: "unless-stopped"},
		{key: "user", text: p.User},
		{key: "read_only", scalar: "true"},
		{key: "cap_drop", add: []string{"ALL"}},
		{key: "security_opt", add: p.SecurityOpt},
		{key: "mem_limit", text: p.Memory},
	}
	if len(p.Tmpfs) > 0 {
		keys = append(keys, outcome{key: "tmpfs", add: p.Tmpfs})
	}
	if len(p.Command) > 0 {
		keys = append(keys, outcome{key: "command", add: escaped(p.Command)})
	}
	if len(p.Environment) > 0 {
		var variables []outcome
		for _, v := range p.Environment {
			variables = append(variables, outcome{key: v.Name, text: escape(v.Value)})
		}
		keys = append(keys, outcome{key: "environment", below: variables})
	}
	return append(keys,
		outcome{key: "volumes", add: []string{escape(p.Socket) + ":" + socketAt + ":ro"}},
		outcome{key: "networks", add: []string{b.Network}},
	)
}

// expected is the service's settings with the proxy beside it.
func (b *Beside) expected(s inspect.Settings, network string) inspect.Settings {
	s = s.Clone()
	s.Env, s.Networks = withName(s.Env, b.Variable), withName(s.Networks, network)
	return s
}

// withName is a sorted list that holds the name.
func withName(names []string, name string) []string {
	if !slices.Contains(names, name) {
		names = append(slices.Clone(names), name)
		slices.Sort(names)
	}
	return names
}
