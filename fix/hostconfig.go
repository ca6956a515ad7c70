package fix

import (
	"maps"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"bulkhead/inspect"
)

// ApplyTo is Apply in the engine's own words: what to create a container with
// so that it has its settings under the plan. It does not touch h.
func ApplyTo(h container.HostConfig, p Plan) container.HostConfig {
	if keep, ok := p.Capabilities(); ok {
		h.CapDrop, h.CapAdd = []string{"ALL"}, keep.Names()
	}
	if p.Has(inspect.DialNoNewPrivileges) {
		h.SecurityOpt = slices.DeleteFunc(slices.Clone(h.SecurityOpt), func(option string) bool {
			return strings.HasPrefix(option, "no-new-privileges")
		})
		h.SecurityOpt = append(h.SecurityOpt, "no-new-privileges:true")
	}
	h.ReadonlyRootfs = h.ReadonlyRootfs || p.Has(inspect.DialReadOnlyRoot)
	added := p.Tmpfs()
	if len(added) == 0 {
		return h
	}
	h.Tmpfs = maps.Clone(h.Tmpfs)
	if h.Tmpfs == nil {
		h.Tmpfs = map[string]string{}
	}
	h.Mounts = slices.Clone(h.Mounts)
	for _, t := range added {
		h.Tmpfs[t.Path] = t.Options
		h.Mounts = slices.DeleteFunc(h.Mounts, func(m mount.Mount) bool {
			return m.Type == mount.TypeTmpfs && m.Target == t.Path
		})
	}
	return h
}
