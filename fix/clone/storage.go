package clone

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"bulkhead/fix"
	"bulkhead/inspect"
)

// Storage is one writable mount of the original.
type Storage struct {
	// Target is the path inside.
	Target string
	// Source is what the original has there: the volume's name, or the path of
	// the bind mount on the engine's host; "" for a volume that a plan adds.
	// Copies that run together share what has the same source.
	Source string
	// Bind says that the original is a bind mount, whose content is always
	// copied; a volume starts fresh.
	Bind bool
	// Keep says that a fresh volume gets what the image has at Target, as the
	// engine does for the original.
	Keep bool
	// ReadOnly says that the copy may only read it.
	ReadOnly bool
}

// mounts sorts the original's mounts: read-only ones are shared, writable ones
// are replaced, sockets are left out.
func (s *Spec) mounts(c container.InspectResponse) {
	var kept []mount.Mount
	for _, m := range c.HostConfig.Mounts {
		if m.Type == mount.TypeTmpfs {
			kept = append(kept, m)
		}
	}
	for _, m := range c.Mounts {
		switch {
		case m.Type == mount.TypeTmpfs:
		case m.Type == mount.TypeBind && isSocket(m.Source):
			s.leaveOut(m.Source, m.Destination, "is a socket of the host")
		case m.Type == mount.TypeBind && inspect.LeadsToEngine(m.Source):
			s.leaveOut(m.Source, m.Destination, "holds the engine's socket")
		case m.Type == mount.TypeBind && !m.RW:
			kept = append(kept, mount.Mount{
				Type: mount.TypeBind, Source: m.Source, Target: m.Destination, ReadOnly: true,
				BindOptions: &mount.BindOptions{Propagation: mount.PropagationRPrivate},
			})
		case m.Type == mount.TypeVolume && !m.RW:
			kept = append(kept, mount.Mount{Type: mount.TypeVolume, Source: m.Name, Target: m.Destination, ReadOnly: true,
				VolumeOptions: &mount.VolumeOptions{NoCopy: true}})
		default:
			source := m.Name
			if m.Type == mount.TypeBind {
				source = m.Source
			}
			s.Storage = append(s.Storage, Storage{
				Target: m.Destination, Source: source, Bind: m.Type == mount.TypeBind, Keep: !strings.Contains(m.Mode, "nocopy"),
			})
		}
	}
	s.HostConfig.Binds, s.HostConfig.Mounts = nil, kept
	s.Config.Volumes = nil // Storage holds the anonymous volumes too
}

// isSocket goes by the name, because the host may be another machine. What is
// not named like a socket and is one is found when it is copied.
func isSocket(source string) bool {
	return strings.HasSuffix(source, ".sock") || inspect.EngineSocket(source)
}

// Under returns the spec of a copy under the plan. The spec itself is unchanged.
func (s Spec) Under(p fix.Plan) Spec {
	s.Config, s.HostConfig = fix.ApplyTo(s.Config, s.HostConfig, p)
	s.Storage = slices.Clone(s.Storage)
	for _, c := range p.Changes {
		s.turn(c)
	}
	return s
}

// turn does to Storage what the change means for a mount. A volume that the
// change adds becomes Storage, too: left to the engine it would have no label.
func (s *Spec) turn(c inspect.Change) {
	switch c.Dial {
	case inspect.DialReadOnlyMount:
		for i, st := range s.Storage {
			s.Storage[i].ReadOnly = st.ReadOnly || samePath(st.Target, c.Path)
		}
	case inspect.DialRemoveMount:
		s.unmount(c.Path)
	case inspect.DialTmpfs:
		s.unmount(c.Tmpfs.Path)
	case inspect.DialVolume:
		s.unmount(c.Path)
		s.HostConfig.Mounts = slices.DeleteFunc(s.HostConfig.Mounts, func(m mount.Mount) bool {
			return m.Type == mount.TypeVolume && m.Source == "" && samePath(m.Target, c.Path)
		})
		s.Storage = append(s.Storage, Storage{Target: c.Path, Keep: true})
	}
}

func (s *Spec) unmount(target string) {
	s.Storage = slices.DeleteFunc(s.Storage, func(st Storage) bool { return samePath(st.Target, target) })
}

func samePath(a, b string) bool { return path.Clean(a) == path.Clean(b) }

// targets are the paths inside on which something is mounted.
func (s Spec) targets() []string {
	var all []string
	for _, m := range s.HostConfig.Mounts {
		all = append(all, path.Clean(m.Target))
	}
	for _, st := range s.Storage {
		all = append(all, path.Clean(st.Target))
	}
	for target := range s.HostConfig.Tmpfs {
		all = append(all, path.Clean(target))
	}
	return all
}

func mountedOn(target string) func(container.MountPoint) bool {
	return func(m container.MountPoint) bool { return m.Destination == target }
}

// share makes copies that run together share what their originals share: a
// volume that one of them writes is not the person's for the others.
func (s *Session) share() {
	written := map[string]bool{}
	for _, p := range s.patterns() {
		for _, st := range p.spec.Storage {
			written[st.Source] = true
		}
	}
	for _, p := range s.patterns() {
		p.spec.HostConfig.Mounts = slices.DeleteFunc(p.spec.HostConfig.Mounts, func(m mount.Mount) bool {
			if m.Type != mount.TypeVolume || !m.ReadOnly || !written[m.Source] {
				return false
			}
			p.spec.Storage = append(p.spec.Storage, Storage{Target: m.Target, Source: m.Source, ReadOnly: true})
			return true
		})
	}
}
