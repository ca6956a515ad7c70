package composefile

import (
	"path"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/inspect"

	"go.yaml.in/yaml/v4"
)

const volumesKey = "volumes"

// volumes makes mounts read-only, takes them away and adds anonymous volumes.
// A tmpfs that stands here goes: the plan's own is written under tmpfs, which
// can say all of its options.
func (w *wanted) volumes() error {
	changes := w.mountChanges()
	if len(changes) == 0 {
		return nil
	}
	items, inherited, err := w.listOrInherited(volumesKey)
	if err != nil {
		return err
	}
	o := outcome{key: volumesKey, remove: map[int]bool{}, replace: map[int]string{}, within: map[int][]outcome{}}
	for _, c := range changes {
		if err := w.mount(&o, items, c); err != nil {
			return err
		}
	}
	if inherited && len(o.within) > 0 {
		return refuseAt(w.key, "an entry of volumes that a merge key brings is not plain text")
	}
	return w.settle(o, items, inherited)
}

// mountChanges are the changes that volumes has to say.
func (w *wanted) mountChanges() []inspect.Change {
	var out []inspect.Change
	for _, c := range w.plan.Changes {
		switch c.Dial {
		case inspect.DialReadOnlyMount, inspect.DialRemoveMount, inspect.DialVolume:
		case inspect.DialTmpfs:
			if w.longTmpfs(c.Tmpfs.Path) == "" {
				continue
			}
		default:
			continue
		}
		if !fix.Meets(w.today, c) {
			out = append(out, c)
		}
	}
	return out
}

// mount adds what one change asks of the items.
func (w *wanted) mount(o *outcome, items []*yaml.Node, c inspect.Change) error {
	setting := w.settingAt(c)
	if setting == "" {
		return w.newVolume(o, items, c.Path)
	}
	i := w.at(items, setting)
	if i < 0 {
		return refuse(w.sources[setting].Line, byHand, "the mount on %s does not stand under volumes here (%s)", c.Place(), setting)
	}
	if o.remove[i] || o.replace[i] != "" || o.within[i] != nil {
		return refuseAt(items[i], "the plan changes the mount on %s twice", c.Place())
	}
	if c.Dial == inspect.DialReadOnlyMount {
		return w.readOnlyItem(o, items, i, c.Path)
	}
	if c.Dial == inspect.DialVolume && items[i].Kind == yaml.ScalarNode {
		o.replace[i] = escape(c.Path)
		return nil
	}
	o.remove[i] = true
	if c.Dial == inspect.DialVolume {
		return w.newVolume(o, items, c.Path)
	}
	return nil
}

// settingAt names the mount that the change is about, "" where there is none.
func (w *wanted) settingAt(c inspect.Change) string {
	if c.Dial == inspect.DialTmpfs {
		return w.longTmpfs(c.Tmpfs.Path)
	}
	for _, m := range w.today.Mounts {
		if m.Target == c.Path {
			return m.Setting
		}
	}
	return ""
}

// newVolume adds an anonymous volume, long where every other one is.
func (w *wanted) newVolume(o *outcome, items []*yaml.Node, at string) error {
	if !path.IsAbs(at) || at == "/" || strings.ContainsAny(at, ":\n\r") || inspect.Printable(at) != at {
		return refuse(0, byHand, "the path %q cannot be written as a volume", at)
	}
	short := func(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode }
	if len(items) > 0 && !slices.ContainsFunc(items, short) {
		o.addLong = append(o.addLong, []outcome{{key: "type", text: "volume"}, {key: "target", text: escape(at)}})
		return nil
	}
	o.add = append(o.add, escape(at))
	return nil
}

// readOnlyItem makes one item of volumes read-only.
func (w *wanted) readOnlyItem(o *outcome, items []*yaml.Node, i int, target string) error {
	item := items[i]
	if item.Kind == yaml.MappingNode {
		if f := own(item, "read_only"); f != nil {
			if err := w.plain(f); err != nil {
				return err
			}
		}
		o.within[i] = []outcome{{key: "read_only", scalar: "true"}}
		return nil
	}
	text, ok := readOnlyVolume(item.Value, target)
	if !ok {
		return governedOrOdd(item)
	}
	o.replace[i] = text
	return nil
}

func governedOrOdd(item *yaml.Node) error {
	if strings.Contains(item.Value, "$") {
		return governed(item, volumesKey)
	}
	return refuseAt(item, "the mount has no source, or is not written in the short syntax that Compose documents: %s", item.Value)
}

// readOnlyVolume is the short syntax SOURCE:TARGET[:OPTIONS] with the option
// ro; the others stay. The source may hold variables, what follows it may not.
func readOnlyVolume(short, target string) (string, bool) {
	for _, at := range []string{":" + target, ":" + target + "/"} {
		if source, ok := strings.CutSuffix(short, at); ok && source != "" {
			return short + ":ro", true
		}
		i := strings.LastIndex(short, at+":")
		if i <= 0 {
			continue
		}
		options := short[i+len(at)+1:]
		if strings.ContainsAny(options, ":$") {
			return "", false
		}
		kept := slices.DeleteFunc(strings.Split(options, ","), func(o string) bool { return o == "rw" || o == "ro" || o == "" })
		return short[:i] + at + ":" + strings.Join(append([]string{"ro"}, kept...), ","), true
	}
	return "", false
}
