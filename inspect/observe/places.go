package observe

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// Place is a directory that was written into, as a read-only root filesystem
// would have to leave it writable, or a mount that was.
type Place struct {
	// Path is the innermost directory that was there before: one that was made
	// in the runs counts with what holds it. Of a mount it is its point.
	Path string `json:"path"`
	// Named says that all that was written there was only named, see File: a
	// symbolic link may be in the path.
	Named bool `json:"named,omitempty"`
	// Mount says what it lies on. On the root filesystem a tmpfs or a volume has
	// to be put there; elsewhere it is writable already.
	Mount Mount `json:"mount"`
	// Owner is the directory's when it was first written into, nil where that was
	// not seen. Writers are the users who wrote.
	Owner   *Owner   `json:"owner,omitempty"`
	Writers []uint32 `json:"writers,omitempty"`
	// Exec says that files in it were executed or mapped for it.
	Exec bool `json:"exec"`
	// Changes says that files were written, changed or removed there that no run
	// had created; Hides are some that were used without that, at most
	// mostHidden. Both would be missed on an empty tmpfs.
	Changes bool     `json:"changes"`
	Hides   []string `json:"hides,omitempty"`
}

const mostHidden = 5

// Places are all directories that were written into, by their paths; what the
// engine brings along (/proc, /dev) is left out. They are observed: a write that
// did not happen is not in them.
func Places(o Observation) []Place {
	places := gathered(o)
	list := make([]Place, 0, len(places))
	for _, p := range places {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b Place) int { return cmp.Compare(a.Path, b.Path) })
	for _, f := range o.Files {
		i := innermost(list, f.Path)
		if i < 0 {
			continue
		}
		p := &list[i]
		p.Exec = p.Exec || slices.ContainsFunc(f.Access, Access.Runs)
		if made(f) || f.Kind == "directory" || len(f.Access) == 0 {
			continue
		}
		if slices.ContainsFunc(f.Access, Access.Writes) {
			p.Changes = true
		} else if len(p.Hides) < mostHidden {
			p.Hides = append(p.Hides, f.Path)
		}
	}
	return list
}

// gathered are the places with who wrote there and whose they are.
func gathered(o Observation) map[string]*Place {
	created := map[string]bool{}
	for _, f := range o.Files {
		created[f.Path] = made(f)
	}
	places := map[string]*Place{}
	for _, f := range o.Files {
		mount, known := o.MountAt(f.Mount)
		if f.Cut || mount.Kind == EngineMount || !slices.ContainsFunc(f.Access, Access.Writes) {
			continue
		}
		at := path.Dir(f.Path)
		for created[at] && at != "/" {
			at = path.Dir(at)
		}
		if known && mount.Kind != RootMount && Below(f.Path, mount.Point) {
			at = mount.Point
		}
		p := places[at]
		if p == nil {
			p = &Place{Path: at, Mount: mount, Named: true}
			places[at] = p
		}
		p.Named = p.Named && f.Named
		p.Writers = slices.Compact(slices.Sorted(slices.Values(slices.Concat(p.Writers, f.Writers))))
		if p.Owner == nil && path.Dir(f.Path) == at {
			p.Owner = f.Directory
		}
	}
	return places
}

// made says that a file was created in the runs.
func made(f File) bool { return slices.Contains(f.Access, Created) }

// innermost finds the place that a file lies in, -1 where it is in none.
func innermost(list []Place, file string) int {
	best := -1
	for i, p := range list {
		if Below(file, p.Path) && file != "/" && (best < 0 || len(p.Path) > len(list[best].Path)) {
			best = i
		}
	}
	return best
}

// NeedsMount says that the place is writable only because the root filesystem
// is.
func (p Place) NeedsMount() bool { return p.Mount.Kind == RootMount || p.Mount.Kind == "" }

// Tmpfs is the tmpfs that would take the writes, with the directory's owner and
// mode, or the writer's where the directory was not seen; false where one would
// not do: it hides what the image has there, or nothing can be mounted there.
func (p Place) Tmpfs() (inspect.Tmpfs, bool) {
	if p.Changes || len(p.Hides) > 0 || p.Path == "/" {
		return inspect.Tmpfs{}, false
	}
	owner := Owner{Mode: 0o755}
	switch {
	case p.Owner != nil:
		owner = *p.Owner
	case len(p.Writers) == 1:
		owner.UID = p.Writers[0]
	default:
		owner.Mode = 0o1777
	}
	options := []string{fmt.Sprintf("mode=%o", owner.Mode)}
	if owner.UID != 0 {
		options = append(options, fmt.Sprintf("uid=%d", owner.UID))
	}
	if owner.GID != 0 {
		options = append(options, fmt.Sprintf("gid=%d", owner.GID))
	}
	if p.Exec {
		options = append(options, "exec") // the engine's own are noexec
	}
	return inspect.Tmpfs{Path: p.Path, Options: strings.Join(options, ",")}, true
}

// String is one line: where, on what, and what would take the writes.
func (p Place) String() string {
	if !p.NeedsMount() {
		what := string(p.Mount.Kind)
		if p.Mount.Volume != "" {
			what += " " + p.Mount.Volume
		}
		return p.Path + ": writable already, " + what
	}
	if t, ok := p.Tmpfs(); ok {
		return fmt.Sprintf("%s: a tmpfs would do (%s)", p.Path, t.Options)
	}
	switch {
	case p.Path == "/":
		return "/: files are written beside the directories, where nothing can be mounted"
	case p.Changes:
		return p.Path + ": a volume, as files of the image are changed there"
	}
	return fmt.Sprintf("%s: a volume, as a tmpfs would hide %s", p.Path, strings.Join(p.Hides, ", "))
}
