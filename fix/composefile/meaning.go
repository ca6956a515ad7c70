package composefile

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"

	"github.com/compose-spec/compose-go/v2/types"
)

// sameMeaning loads the edited project as Compose would and compares: the
// service is what the plan makes of it, everything else is as it was.
func (v verifier) sameMeaning(ctx context.Context, after []byte) error {
	p, whole, err := v.reload(ctx, after)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return refuseAt(v.layout.key, "the edited file could not be read back")
	}
	service := v.request.Service
	w, ok := p.Workload(service)
	want := fix.Apply(samePaths(v.workload.Settings, v.request.Plan), v.request.Plan)
	if b := v.request.Beside; b != nil {
		want = b.expected(want, p.Compose.Networks[b.Network].Name)
	}
	if v.workload.Settings.Privileged && v.request.Plan.Has(inspect.DialPrivileged) {
		want, w.Settings = unhidden(want), unhidden(w.Settings)
	}
	if !ok || !fix.Same(v.withoutStubs(w.Settings, p.Dir), want) || p.Strict != v.before.Strict || len(w.Unresolved) != len(v.workload.Unresolved) {
		return refuseAt(v.layout.key, "read back, the edit does not come to what was planned")
	}
	was, is := v.before.Compose.Services[service], p.Compose.Services[service]
	was, is = withoutBeside(was, v.request.Beside), withoutBeside(is, v.request.Beside)
	if !reflect.DeepEqual(unplanned(was, v.request.Plan), unplanned(is, v.request.Plan)) || !v.refers(is) || !v.hasSecrets(p) || !v.hasBeside(p) {
		return refuseAt(v.layout.key, "read back, the edit changes more than was planned")
	}
	if whole {
		return v.sameOthers(p)
	}
	return nil
}

// sameOthers compares everything but the service.
func (v verifier) sameOthers(p compose.Project) error {
	for _, name := range v.before.Services() {
		if name == v.request.Service || sameService(v.before, p, name) {
			continue
		}
		if !v.request.Shared {
			return &RefusedError{Line: v.layout.key.Line, Next: "Write that service's own settings out first, or change it as well.", Shared: true,
				Reason: inspect.Printable(fmt.Sprintf("the edit would change the service %s too", name))}
		}
		plan := v.request.Plan
		if !reflect.DeepEqual(unplanned(v.before.Compose.Services[name], plan), unplanned(p.Compose.Services[name], plan)) {
			return refuseAt(v.layout.key, "the edit would change more of the service %s than was planned for this one", name)
		}
		v.reaches(name)
	}
	was, is := v.before.Compose, p.Compose
	if v.otherServices(p) != len(v.before.Services()) || !reflect.DeepEqual(was.Networks, v.otherNetworks(is.Networks)) ||
		!reflect.DeepEqual(was.Volumes, is.Volumes) || !reflect.DeepEqual(was.Secrets, v.otherSecrets(is.Secrets)) ||
		!reflect.DeepEqual(was.Configs, is.Configs) || !reflect.DeepEqual(was.Jobs, is.Jobs) {
		return refuseAt(v.layout.key, "read back, the edit changes more than was planned")
	}
	return nil
}

func sameService(before, after compose.Project, name string) bool {
	was, _ := before.Workload(name)
	is, ok := after.Workload(name)
	return ok && fix.Same(was.Settings, is.Settings) &&
		reflect.DeepEqual(before.Compose.Services[name], after.Compose.Services[name])
}

// unhidden leaves out what privileged covers, and what therefore only shows when
// it is gone: unplanned compares the keys that say it.
func unhidden(s inspect.Settings) inspect.Settings {
	s = s.Clone()
	s.UnmaskedPaths, s.Namespaces.Cgroup = false, ""
	s.SELinux = slices.DeleteFunc(s.SELinux, func(label string) bool { return label == "disable" })
	s.SELinux = nonEmpty(s.SELinux)
	return s
}

// refers says whether the service names the seccomp profile that was planned:
// its settings only say that there is one.
func (v verifier) refers(s types.ServiceConfig) bool {
	for _, c := range v.request.Plan.Of(inspect.DialSeccomp) {
		reference, err := profileName(c.Profile, v.request.Service)
		if err != nil || counts(s, "seccomp") != "./"+reference {
			return false
		}
	}
	return true
}

// unplanned is the service without what the plan may change. Hooks take their
// settings over from the service.
func unplanned(s types.ServiceConfig, p fix.Plan) types.ServiceConfig {
	s.PreStart = nil
	for _, c := range p.Changes {
		switch c.Dial {
		case inspect.DialCapabilities:
			s.CapAdd, s.CapDrop = nil, nil
		case inspect.DialNoNewPrivileges, inspect.DialSeccomp, inspect.DialAppArmor:
			s.SecurityOpt = otherOptions(s.SecurityOpt, c.Dial)
		case inspect.DialReadOnlyRoot:
			s.ReadOnly = false
		case inspect.DialUser:
			s.User = ""
		case inspect.DialPrivileged:
			s.Privileged = false
		case inspect.DialMemory, inspect.DialPIDs, inspect.DialCPUs:
			s = withoutLimit(s, c.Dial)
		case inspect.DialTmpfs:
			s.Tmpfs = slices.DeleteFunc(slices.Clone(s.Tmpfs), func(t string) bool { return samePath(tmpfsPath(t), c.Tmpfs.Path) })
			s.Volumes = slices.DeleteFunc(slices.Clone(s.Volumes), func(v types.ServiceVolumeConfig) bool {
				return v.Type == types.VolumeTypeTmpfs && samePath(v.Target, c.Tmpfs.Path)
			})
		case inspect.DialVolume, inspect.DialRemoveMount:
			s.Volumes = slices.DeleteFunc(slices.Clone(s.Volumes), func(v types.ServiceVolumeConfig) bool { return v.Target == c.Path })
		case inspect.DialReadOnlyMount:
			s.Volumes = slices.Clone(s.Volumes)
			for i := range s.Volumes {
				s.Volumes[i].ReadOnly = s.Volumes[i].ReadOnly && s.Volumes[i].Target != c.Path
			}
		case inspect.DialLoopback:
			s.Ports = unbound(s.Ports, c.Port)
		case inspect.DialSecret:
			s = withoutSecret(s, c.Secret)
		}
	}
	return ofAnyOrder(s)
}

// otherOptions are the entries of security_opt that are not of the dial's kind.
func otherOptions(entries []string, d inspect.Dial) []string {
	kinds := map[inspect.Dial]string{
		inspect.DialNoNewPrivileges: noNewPrivileges, inspect.DialSeccomp: "seccomp", inspect.DialAppArmor: "apparmor",
	}
	return slices.DeleteFunc(slices.Clone(entries), func(entry string) bool {
		kind, _ := inspect.SecurityOption(entry)
		return kind == kinds[d]
	})
}

// withoutLimit is the service without one limit, in both of its forms.
func withoutLimit(s types.ServiceConfig, d inspect.Dial) types.ServiceConfig {
	var deployed types.Resource
	if s.Deploy != nil && s.Deploy.Resources.Limits != nil {
		deploy := *s.Deploy
		deployed = *deploy.Resources.Limits
		deploy.Resources.Limits = &deployed
		s.Deploy = &deploy
	}
	switch d {
	case inspect.DialMemory:
		s.MemLimit, deployed.MemoryBytes = 0, 0
	case inspect.DialPIDs:
		s.PidsLimit, deployed.Pids = 0, 0
	case inspect.DialCPUs:
		s.CPUS, deployed.NanoCPUs = 0, 0
	}
	return s
}

// unbound are the ports with the address of one of them taken away.
func unbound(ports []types.ServicePortConfig, published string) []types.ServicePortConfig {
	var out []types.ServicePortConfig
	for _, p := range ports {
		port := inspect.Port{HostIP: p.HostIP, Container: uint16(p.Target), Protocol: p.Protocol}
		if port.Published() == published && (port.Everywhere() || port.HostIP == inspect.Loopback) {
			p.HostIP = ""
		}
		if !slices.ContainsFunc(out, func(o types.ServicePortConfig) bool { return reflect.DeepEqual(o, p) }) {
			out = append(out, p)
		}
	}
	return out
}

// ofAnyOrder writes empty lists as none, and lists whose order means nothing in
// one order: an override file's entries come last.
func ofAnyOrder(s types.ServiceConfig) types.ServiceConfig {
	s.Tmpfs, s.SecurityOpt = nonEmpty(s.Tmpfs), nonEmpty(s.SecurityOpt)
	s.Volumes, s.Ports = slices.Clone(nonEmpty(s.Volumes)), slices.Clone(nonEmpty(s.Ports))
	slices.SortStableFunc(s.Volumes, func(a, b types.ServiceVolumeConfig) int { return cmp.Compare(a.Target, b.Target) })
	slices.SortStableFunc(s.Ports, func(a, b types.ServicePortConfig) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Published, b.Published))
	})
	return s
}

// nonEmpty is the list, nil where it is empty.
func nonEmpty[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// tmpfsPath is the path of an entry in the short syntax.
func tmpfsPath(short string) string {
	at, _, _ := strings.Cut(short, ":")
	return at
}
