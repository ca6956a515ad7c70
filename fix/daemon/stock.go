package daemon

import (
	"maps"
	"slices"

	"bulkhead/inspect"
)

// Stock is what the engine keeps, which a new store begins without.
type Stock struct {
	// Root is the engine's data directory, as it says: "/var/lib/docker".
	Root            string
	Images, Volumes int
	Workloads       []inspect.Workload
	// Unknown says why all that is not known; "" where it is.
	Unknown string
}

// Binds are the host's paths that containers may write to, sorted.
func (s Stock) Binds() []string {
	found := map[string]bool{}
	for _, w := range s.Workloads {
		for _, m := range w.Settings.Mounts {
			if m.Type == inspect.BindMount && !m.ReadOnly {
				found[m.Source] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// lowPort is the lowest port that is published, 0 without one.
func (s Stock) lowPort() (low uint16, names []string) {
	names = s.names(func(set inspect.Settings) bool {
		found := false
		for _, p := range set.Ports {
			if p.HostPort > 0 && p.HostPort < 1024 {
				found = true
				if low == 0 || p.HostPort < low {
					low = p.HostPort
				}
			}
		}
		return found
	})
	return low, names
}

// names are the printable names of the workloads whose settings are so, sorted.
func (s Stock) names(so func(inspect.Settings) bool) []string {
	var out []string
	for _, w := range s.Workloads {
		if so(w.Settings) {
			out = append(out, inspect.Printable(w.Name))
		}
	}
	slices.Sort(out)
	return out
}
