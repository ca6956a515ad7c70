package observe

import (
	"cmp"
	"path"
	"strings"
)

// engineFiles are what the engine mounts over files of an image so that names
// are known inside.
var engineFiles = map[string]bool{"/etc/hosts": true, "/etc/hostname": true, "/etc/resolv.conf": true}

// mountKind is what a mount point alone says of a mount.
func mountKind(point string) MountKind {
	switch {
	case point == "/":
		return RootMount
	case engineFiles[point], Below(point, "/proc"), Below(point, "/sys"), Below(point, "/dev"):
		return EngineMount
	}
	return OtherMount
}

// WithMounts adds mounts that are known from elsewhere, as from the container's
// settings, and finds for every file whose mount was not seen the one that its
// path leads to. known goes before what was seen as to the kind.
func (o Observation) WithMounts(known ...Mount) Observation {
	kinds := map[string]Mount{}
	for _, m := range known {
		kinds[m.Point] = m
	}
	list := make([]Mount, 0, len(o.Mounts)+len(known))
	for _, m := range o.Mounts {
		if k, ok := kinds[m.Point]; ok {
			m.Kind, m.Volume = cmp.Or(k.Kind, m.Kind), cmp.Or(k.Volume, m.Volume)
			delete(kinds, m.Point)
		}
		list = append(list, m)
	}
	for _, m := range kinds {
		list = append(list, m)
	}
	files := make([]File, 0, len(o.Files))
	for _, f := range o.Files {
		if (f.Mount == "" || f.Named) && !f.Cut {
			f.Mount = mountOf(list, f.Path)
		}
		files = append(files, f)
	}
	for i := range list {
		if list[i].Kind == "" {
			list[i].Kind = mountKind(list[i].Point)
		}
	}
	o.Mounts, o.Files = list, files
	return o.Sorted()
}

// mountOf is the innermost of the mounts that a path leads to, "" where none is
// known.
func mountOf(list []Mount, p string) string {
	best := ""
	for _, m := range list {
		if Below(p, m.Point) && len(m.Point) > len(best) {
			best = m.Point
		}
	}
	return best
}

// Below says that a path is the directory or lies in it.
func Below(p, dir string) bool {
	return p == dir || dir == "/" && path.IsAbs(p) || strings.HasPrefix(p, dir+"/")
}

// MountAt finds a mount by its point.
func (o Observation) MountAt(point string) (Mount, bool) {
	for _, m := range o.Mounts {
		if m.Point == point {
			return m, true
		}
	}
	return Mount{}, false
}
