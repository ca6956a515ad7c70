package composefile

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"bulkhead/inspect"

	"github.com/compose-spec/compose-go/v2/types"
)

// tmpfs replaces the entry of the same path, or adds one.
func (w *wanted) tmpfs() error {
	mounts := slices.DeleteFunc(w.plan.Tmpfs(), func(m inspect.Tmpfs) bool { return slices.Contains(w.today.Tmpfs, m) })
	if len(mounts) == 0 {
		return nil
	}
	const key = "tmpfs"
	items, inherited, err := w.listOrInherited(key)
	if err != nil {
		return err
	}
	o := outcome{key: key, replace: map[int]string{}}
	for _, m := range mounts {
		if err := w.checkTmpfs(m); err != nil {
			return err
		}
		found := false
		for i, item := range items {
			at := tmpfsPath(item.Value)
			same := samePath(at, m.Path)
			if strings.Contains(at, "$") || same && strings.Contains(item.Value, "$") {
				return governed(item, key)
			}
			if same {
				found = true
				o.replace[i] = escape(m.String())
			}
		}
		if !found && w.tmpfsElsewhere(m) {
			return refuse(w.key.Line, "Change that mount by hand.", "%s is already mounted as a tmpfs through extends", m.Path)
		}
		if !found {
			o.add = append(o.add, escape(m.String()))
		}
	}
	return w.settle(o, items, inherited)
}

// tmpfsElsewhere says whether a tmpfs of the path comes from a place that is
// neither the tmpfs list nor the volumes.
func (w *wanted) tmpfsElsewhere(m inspect.Tmpfs) bool {
	return w.longTmpfs(m.Path) == "" &&
		slices.ContainsFunc(w.today.Tmpfs, func(t inspect.Tmpfs) bool { return samePath(t.Path, m.Path) })
}

// longTmpfs names the volume of type tmpfs at the path: "volumes.2".
func (w *wanted) longTmpfs(at string) string {
	for i, v := range w.model.Volumes {
		if v.Type == types.VolumeTypeTmpfs && samePath(v.Target, at) {
			return "volumes." + strconv.Itoa(i)
		}
	}
	return ""
}

// checkTmpfs refuses a mount that the short syntax cannot say, or whose path is
// taken.
func (w *wanted) checkTmpfs(m inspect.Tmpfs) error {
	if !path.IsAbs(m.Path) || strings.ContainsAny(m.Path, ":,\n\r") || inspect.Printable(m.String()) != m.String() {
		return refuse(0, byHand, "the path of the tmpfs %q cannot be written in the short syntax", m.Path)
	}
	for _, mount := range w.today.Mounts {
		if samePath(mount.Target, m.Path) {
			return refuse(w.key.Line, "Take the mount out first, or leave this tmpfs out of the plan.",
				"%s is already mounted (%s)", m.Path, mount.Setting)
		}
	}
	return nil
}
