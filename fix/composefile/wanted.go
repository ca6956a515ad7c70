package composefile

import (
	"path"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"

	"go.yaml.in/yaml/v4"
)

// outcome is what has to become of one key of the service.
type outcome struct {
	key string
	// remove and replace are by item of the list that is there now; add comes
	// behind it. All texts are as YAML values, not yet quoted.
	remove  map[int]bool
	replace map[int]string
	add     []string
	// scalar replaces or adds a value that is not a list.
	scalar string
	// gone says that nothing of the key is to be left.
	gone bool
}

func (o outcome) none() bool {
	return len(o.remove)+len(o.replace)+len(o.add) == 0 && o.scalar == "" && !o.gone
}

// wanted says what the plan asks of each key, given what counts today.
func (l *layout) wanted(plan fix.Plan, today inspect.Settings) ([]outcome, error) {
	var out []outcome
	add := func(o outcome, err error) error {
		if err == nil && !o.none() {
			out = append(out, o)
		}
		return err
	}
	for _, c := range plan.Changes {
		var err error
		switch c.Dial {
		case inspect.DialCapabilities:
			err = add(l.wantCaps("cap_drop", []string{"ALL"}, today.CapDrop))
			if err == nil {
				err = add(l.wantCaps("cap_add", c.Keep.Names(), today.CapAdd))
			}
		case inspect.DialNoNewPrivileges:
			if !today.NoNewPrivileges {
				err = add(l.wantNoNewPrivileges())
			}
		case inspect.DialReadOnlyRoot:
			if !today.ReadOnlyRoot {
				err = add(l.wantReadOnly())
			}
		case inspect.DialTmpfs:
		default:
			err = refuse(0, byHand, "the plan turns a dial that a Compose file has no key for: %s", c.Dial)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := add(l.wantTmpfs(plan.Tmpfs(), today)); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b outcome) int { return order(a.key) - order(b.key) })
	return out, nil
}

// written is the order in which new keys are written.
var written = []string{"cap_drop", "cap_add", "security_opt", "read_only", "tmpfs"}

func order(key string) int { return slices.Index(written, key) }

// wantCaps makes the list exactly the wanted names.
func (l *layout) wantCaps(key string, names, today []string) (outcome, error) {
	o := outcome{key: key, remove: map[int]bool{}}
	if slices.Equal(names, today) || len(names)+len(today) == 0 {
		return o, nil
	}
	f := l.field(key)
	if f == nil {
		o.add = names
		// Nothing to add, but something to be rid of: an empty list of its own
		// covers what a merge key brings.
		if len(names) == 0 && l.inherited[key] != nil {
			o.scalar = "[]"
		}
		return o, nil
	}
	items, err := l.items(f)
	if err != nil {
		return o, err
	}
	missing := slices.Clone(names)
	for i, item := range items {
		if strings.Contains(item.Value, "$") {
			return o, governed(item, key)
		}
		name := inspect.NormalizeCap(item.Value)
		if at := slices.Index(missing, name); at >= 0 {
			missing = slices.Delete(missing, at, at+1)
		} else {
			o.remove[i] = true
		}
	}
	o.add = missing
	if len(names) == 0 {
		o = outcome{key: key, gone: true}
		if l.inherited[key] != nil {
			o = outcome{key: key, scalar: "[]"}
		}
	}
	return o, nil
}

func governed(n *yaml.Node, key string) error {
	return refuse(n.Line, "Set the variable, or write the value in the file by hand.", "%s is governed by a variable here: %s", key, n.Value)
}

const noNewPrivileges = "no-new-privileges:true"

// wantNoNewPrivileges turns entries that switch it off, or adds one.
func (l *layout) wantNoNewPrivileges() (outcome, error) {
	o := outcome{key: "security_opt", remove: map[int]bool{}, replace: map[int]string{}}
	items, inherited, err := l.listOrInherited("security_opt")
	if err != nil {
		return o, err
	}
	var off []int
	var speaking = map[int]bool{}
	isOn := false
	for i, item := range items {
		on, speaks := compose.ParseNoNewPrivileges(item.Value)
		if !speaks {
			continue
		}
		if strings.Contains(item.Value, "$") {
			return o, governed(item, "security_opt")
		}
		speaking[i] = true
		isOn = isOn || on
		if !on {
			off = append(off, i)
		}
	}
	switch {
	case inherited:
		// A key of the service's own replaces the merged one whole.
		o.add = append(values(items, speaking), noNewPrivileges)
	case isOn:
		for _, i := range off {
			o.remove[i] = true
		}
	case len(off) > 0:
		o.replace[off[0]] = noNewPrivileges
		for _, i := range off[1:] {
			o.remove[i] = true
		}
	default:
		o.add = []string{noNewPrivileges}
	}
	return o, nil
}

func values(items []*yaml.Node, but map[int]bool) []string {
	var out []string
	for i, item := range items {
		if !but[i] {
			out = append(out, item.Value)
		}
	}
	return out
}

func (l *layout) wantReadOnly() (outcome, error) {
	o := outcome{key: "read_only", scalar: "true"}
	f := l.field("read_only")
	if f == nil {
		return o, nil
	}
	v := f.value
	switch {
	case v.Kind == yaml.AliasNode || v.Anchor != "":
		return o, shared(v, "read_only")
	case v.Kind != yaml.ScalarNode || v.Value == "" || v.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0:
		return o, refuseAt(v, "read_only is not a plain true or false")
	case strings.Contains(v.Value, "$"):
		return o, governed(v, "read_only")
	}
	return o, nil
}

func shared(n *yaml.Node, key string) error {
	return refuse(n.Line, "Write the value out at this place by hand; an anchor may serve other places too.",
		"%s is written through an anchor or an alias", key)
}

// wantTmpfs replaces the entry of the same path, or adds one.
func (l *layout) wantTmpfs(mounts []inspect.Tmpfs, today inspect.Settings) (outcome, error) {
	o := outcome{key: "tmpfs", replace: map[int]string{}}
	mounts = slices.DeleteFunc(slices.Clone(mounts), func(m inspect.Tmpfs) bool { return slices.Contains(today.Tmpfs, m) })
	if len(mounts) == 0 {
		return o, nil
	}
	items, inherited, err := l.listOrInherited("tmpfs")
	if err != nil {
		return o, err
	}
	for _, m := range mounts {
		if err := l.checkTmpfs(m, today); err != nil {
			return o, err
		}
		found := false
		for i, item := range items {
			at, _, _ := strings.Cut(item.Value, ":")
			if path.Clean(at) == path.Clean(m.Path) {
				if strings.Contains(item.Value, "$") {
					return o, governed(item, "tmpfs")
				}
				found = true
				o.replace[i] = escape(m.String())
			} else if strings.Contains(at, "$") {
				return o, governed(item, "tmpfs")
			}
		}
		if !found && slices.ContainsFunc(today.Tmpfs, func(t inspect.Tmpfs) bool { return path.Clean(t.Path) == path.Clean(m.Path) }) {
			return o, refuse(l.serviceKey.Line, "Change that mount by hand.", "%s is already mounted as a tmpfs under volumes or through extends", m.Path)
		}
		if !found {
			o.add = append(o.add, escape(m.String()))
		}
	}
	if inherited {
		full := values(items, nil)
		for i, v := range o.replace {
			full[i] = v
		}
		return outcome{key: "tmpfs", add: append(full, o.add...)}, nil
	}
	return o, nil
}

// escape keeps Compose from reading a $ as a variable.
func escape(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// checkTmpfs refuses a mount that the short syntax cannot say, or whose path is
// taken.
func (l *layout) checkTmpfs(m inspect.Tmpfs, today inspect.Settings) error {
	if !path.IsAbs(m.Path) || strings.ContainsAny(m.Path, ":,\n\r") || inspect.Printable(m.String()) != m.String() {
		return refuse(0, byHand, "the path of the tmpfs %q cannot be written in the short syntax", m.Path)
	}
	for _, mount := range today.Mounts {
		if path.Clean(mount.Target) == path.Clean(m.Path) {
			return refuse(l.serviceKey.Line, "Take the mount out first, or leave this tmpfs out of the plan.",
				"%s is already mounted (%s)", m.Path, mount.Setting)
		}
	}
	return nil
}

// listOrInherited returns the items of the service's own list, or those that a
// merge key brings.
func (l *layout) listOrInherited(key string) (items []*yaml.Node, inherited bool, err error) {
	f := l.field(key)
	if f == nil && l.inherited[key] == nil {
		return nil, false, nil
	}
	if f == nil {
		f, inherited = &field{key: &yaml.Node{Value: key}, value: follow(l.inherited[key])}, true
		f.value = plainCopy(f.value)
	}
	items, err = l.items(f)
	return items, inherited, err
}

// plainCopy is the node without its anchor: only what it says is taken.
func plainCopy(n *yaml.Node) *yaml.Node {
	c := *n
	c.Anchor = ""
	return &c
}

// items returns a list's items. It refuses whatever it would not be safe to
// change: aliases, anchors, tags, items that are no text.
func (l *layout) items(f *field) ([]*yaml.Node, error) {
	v, key := f.value, f.key.Value
	switch {
	case v.Kind == yaml.AliasNode || v.Anchor != "":
		return nil, shared(v, key)
	case v.Style&yaml.TaggedStyle != 0:
		return nil, refuseAt(v, "%s carries the tag %s", key, v.Tag)
	case v.Kind == yaml.ScalarNode && key == "tmpfs" && v.ShortTag() == "!!str" && v.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0:
		return []*yaml.Node{v}, nil
	case v.Kind != yaml.SequenceNode:
		return nil, refuseAt(v, "%s is not a list", key)
	}
	for _, item := range v.Content {
		switch {
		case item.Kind == yaml.AliasNode || item.Anchor != "":
			return nil, shared(item, key)
		case item.Kind != yaml.ScalarNode || item.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0:
			return nil, refuseAt(item, "an entry of %s is not plain text", key)
		}
	}
	return v.Content, nil
}
