package composefile

import (
	"regexp"
	"slices"
	"strings"

	"bulkhead/inspect"

	"go.yaml.in/yaml/v4"
)

const portsKey = "ports"

// ports binds published ports to loopback.
func (w *wanted) ports() error {
	var meant []inspect.Port
	for _, p := range w.today.Ports {
		if w.closes(p) {
			meant = append(meant, p)
		}
	}
	if len(meant) == 0 {
		return nil
	}
	items, inherited, err := w.listOrInherited(portsKey)
	if err != nil {
		return err
	}
	o := outcome{key: portsKey, remove: map[int]bool{}, replace: map[int]string{}, within: map[int][]outcome{}}
	for _, p := range meant {
		if err := w.port(&o, items, p); err != nil {
			return err
		}
	}
	if inherited && len(o.within) > 0 {
		return refuseAt(w.key, "an entry of ports that a merge key brings is not plain text")
	}
	return w.settle(o, items, inherited)
}

// closes says whether the plan binds the port to loopback and something is left
// to do.
func (w *wanted) closes(p inspect.Port) bool {
	return p.Everywhere() && slices.ContainsFunc(w.plan.Of(inspect.DialLoopback), func(c inspect.Change) bool { return c.Port == p.Published() })
}

// port adds what one published port asks of the items.
func (w *wanted) port(o *outcome, items []*yaml.Node, p inspect.Port) error {
	i := w.at(items, p.Setting)
	if i < 0 {
		return refuse(w.sources[p.Setting].Line, byHand, "the port %s does not stand under ports here (%s)", p.Published(), p.Setting)
	}
	item := items[i]
	if item.Kind == yaml.MappingNode {
		if f := own(item, "host_ip"); f != nil {
			if err := w.plain(f); err != nil {
				return err
			}
		}
		o.within[i] = []outcome{{key: "host_ip", text: inspect.Loopback}}
		w.note("docker-compose before version 2 knows no host_ip in a port's long syntax.")
		return nil
	}
	if err := w.wholeItem(items, i); err != nil {
		return err
	}
	text, ok := loopbackPort(item.Value)
	switch {
	case !ok && strings.Contains(item.Value, "$"):
		return governed(item, portsKey)
	case !ok:
		return refuseAt(item, "the port is not written in the short syntax that Compose documents: %s", item.Value)
	}
	for other, written := range o.replace {
		if other != i && written == text {
			// IPv4 and IPv6 stood apart and are one now.
			o.remove[i] = true
			return nil
		}
	}
	o.replace[i] = text
	return nil
}

// wholeItem refuses an item (a range) that also publishes what the plan leaves.
func (w *wanted) wholeItem(items []*yaml.Node, i int) error {
	for _, other := range w.today.Ports {
		if w.at(items, other.Setting) == i && other.Everywhere() && !w.closes(other) {
			return refuseAt(items[i], "the range also publishes %s, of which the plan does not speak", other.Published())
		}
	}
	return nil
}

// variablePort is a host port that a variable gives, and nothing else.
var variablePort = regexp.MustCompile(`^\$(\{[A-Za-z_][A-Za-z0-9_]*(:?-[0-9]+)?\}|[A-Za-z_][A-Za-z0-9_]*)$`)

// portParts splits the short syntax from its end: [[IP:]HOST:]CONTAINER[/PROTOCOL].
// Ranges and variables with a number as default are parts of their own.
var portParts = regexp.MustCompile(`^(?:(?:(.*):)?((?:\$\{[^}]*\}|\$[A-Za-z_][A-Za-z0-9_]*|[0-9]+(?:-[0-9]+)?)?):)?([0-9]+(?:-[0-9]+)?)(/[A-Za-z]+)?$`)

// loopbackPort is the short syntax bound to loopback. A variable may give the
// host's port, as it stands by itself; the address is then written out.
func loopbackPort(short string) (string, bool) {
	parts := portParts.FindStringSubmatch(short)
	if parts == nil {
		return "", false
	}
	address, host, container, protocol := parts[1], parts[2], parts[3], parts[4]
	if strings.Contains(address, "$") || strings.Contains(host, "$") && !variablePort.MatchString(host) {
		return "", false
	}
	return inspect.Loopback + ":" + host + ":" + container + protocol, true
}
