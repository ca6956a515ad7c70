package composefile

import (
	"path"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/writes"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

// wanted works out what the plan asks of each key of the service in this file.
type wanted struct {
	*layout
	request Request
	project compose.Project
	plan    fix.Plan
	// today is what counts now, model the same as Compose has it.
	today   inspect.Settings
	sources inspect.Sources
	model   types.ServiceConfig

	outcomes []outcome
	// files are what has to be written beside the Compose file.
	files []writes.File
	notes []string
	// top are the splices outside the service, which declare what it refers to.
	top []splice
}

func newWanted(l *layout, r Request, p compose.Project, w workload) *wanted {
	return &wanted{
		layout: l, request: r, project: p, plan: r.Plan,
		today: w.Settings, sources: w.Sources, model: p.Compose.Services[w.Service],
	}
}

// all asks every key.
func (w *wanted) all() error {
	for _, key := range []func() error{
		w.user, w.privileged, w.capabilities, w.securityOpt, w.readOnly, w.tmpfs, w.volumes, w.ports, w.limits, w.secrets, w.beside,
	} {
		if err := key(); err != nil {
			return err
		}
	}
	ordered(w.outcomes)
	return nil
}

func (w *wanted) add(o outcome) {
	if !o.none() {
		w.outcomes = append(w.outcomes, o)
	}
}

// note adds a sentence, once.
func (w *wanted) note(sentence string) {
	if !slices.Contains(w.notes, sentence) {
		w.notes = append(w.notes, sentence)
	}
}

// change is the plan's change of the dial that the settings do not meet yet.
func (w *wanted) change(d inspect.Dial) (inspect.Change, bool) {
	for _, c := range w.plan.Of(d) {
		if !fix.Meets(w.today, c) {
			return c, true
		}
	}
	return inspect.Change{}, false
}

func governed(n *yaml.Node, key string) error {
	return refuse(n.Line, "Set the variable, or write the value in the file by hand.", "%s is governed by a variable here: %s", key, n.Value)
}

func shared(n *yaml.Node, key string) error {
	through := "the anchor &" + n.Anchor
	if n.Kind == yaml.AliasNode {
		through = "the alias *" + n.Value
	}
	return refuse(n.Line, "Write the value out at this place by hand; an anchor may serve other places too.",
		"%s is written through %s", key, through)
}

// escape keeps Compose from reading a $ as a variable.
func escape(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// plain refuses a value that it would not be safe to replace.
func (l *layout) plain(f *field) error {
	v, key := f.value, f.key.Value
	if err := l.lent(f); err != nil {
		return err
	}
	switch {
	case v.Kind == yaml.AliasNode && follow(v).Kind == yaml.ScalarNode && !strings.Contains(follow(v).Value, "$"):
		return nil // a value of its own takes the alias's place
	case v.Kind == yaml.AliasNode:
		return shared(v, key)
	case v.Kind != yaml.ScalarNode || v.Value == "" || v.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0:
		return refuseAt(v, "%s is not a plain value", key)
	case strings.Contains(v.Value, "$"):
		return governed(v, key)
	}
	return nil
}

// single makes a key that is no list what the outcome says.
func (w *wanted) single(o outcome) error {
	if f := w.field(o.key); f != nil {
		if err := w.plain(f); err != nil {
			return err
		}
	}
	w.add(o)
	return nil
}

// listOrInherited returns the items of the service's own list, or those that a
// merge key or an alias brings.
func (l *layout) listOrInherited(key string) (items []*yaml.Node, inherited bool, err error) {
	f := l.field(key)
	if f == nil && l.inherited[key] == nil {
		return nil, false, nil
	}
	switch {
	case f == nil:
		f, inherited = &field{key: &yaml.Node{Value: key}, value: plainCopy(follow(l.inherited[key]))}, true
	case f.value.Kind == yaml.AliasNode:
		f, inherited = &field{key: f.key, value: plainCopy(follow(f.value))}, true
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

// hasLong are the lists whose items may be mappings.
var hasLong = []string{"volumes", "ports", "secrets"}

// items returns a list's items. It refuses whatever it would not be safe to
// change: aliases, anchors, tags, items that are no text.
func (l *layout) items(f *field) ([]*yaml.Node, error) {
	v, key := f.value, f.key.Value
	if err := l.lent(f); err != nil {
		return nil, err
	}
	switch {
	case v.Kind == yaml.AliasNode:
		return nil, shared(v, key)
	case v.Style&yaml.TaggedStyle != 0 && v.Tag != override:
		return nil, refuseAt(v, "%s carries the tag %s", key, v.Tag)
	case v.Kind == yaml.ScalarNode && key == "tmpfs" && v.ShortTag() == "!!str" && v.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0:
		return []*yaml.Node{v}, nil
	case v.Kind != yaml.SequenceNode:
		return nil, refuseAt(v, "%s is not a list", key)
	}
	for _, item := range v.Content {
		long := item.Kind == yaml.MappingNode && slices.Contains(hasLong, key)
		switch {
		case item.Kind == yaml.AliasNode || item.Anchor != "":
			return nil, shared(item, key)
		case !long && item.Kind != yaml.ScalarNode || item.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0:
			return nil, refuseAt(item, "an entry of %s is not plain text", key)
		}
	}
	return v.Content, nil
}

// settle adds the outcome of a list. A list that a merge key or an alias brings
// is written out whole: a list of the service's own replaces it. A list that
// would be left empty goes.
func (w *wanted) settle(o outcome, items []*yaml.Node, inherited bool) error {
	if o.none() {
		return nil
	}
	if inherited {
		full, err := written(o, items)
		if err != nil {
			return err
		}
		o = outcome{key: o.key, add: full, addLong: o.addLong}
		if len(full)+len(o.addLong) == 0 {
			o.scalar = "[]"
		}
	}
	if len(items) > 0 && len(o.remove) == len(items) && len(o.add)+len(o.addLong) == 0 {
		o = outcome{key: o.key, gone: true}
		if f := w.field(o.key); w.inherited[o.key] != nil || f != nil && f.value.Anchor != "" {
			o = outcome{key: o.key, scalar: "[]"}
		}
	}
	w.add(o)
	return nil
}

// written are the texts that a list holds once the outcome is made.
func written(o outcome, items []*yaml.Node) ([]string, error) {
	var out []string
	for i, item := range items {
		replaced, ok := o.replace[i]
		switch {
		case o.remove[i]:
		case ok:
			out = append(out, replaced)
		case item.Kind != yaml.ScalarNode:
			return nil, refuseAt(item, "an entry of %s that a merge key brings is not plain text", o.key)
		default:
			out = append(out, item.Value)
		}
	}
	return append(out, o.add...), nil
}

// at finds the item at which a setting stands ("ports.2"), -1 where it does not
// stand in these items.
func (w *wanted) at(items []*yaml.Node, setting string) int {
	source := w.sources[setting]
	if source.File != w.request.Path {
		return -1
	}
	return slices.IndexFunc(items, func(n *yaml.Node) bool { return n.Line == source.Line && n.Column == source.Column })
}

func samePath(a, b string) bool { return path.Clean(a) == path.Clean(b) }
