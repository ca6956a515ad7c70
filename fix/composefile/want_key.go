package composefile

import (
	"slices"
	"strings"

	"bulkhead/inspect"

	"go.yaml.in/yaml/v4"
)

func (w *wanted) user() error {
	c, ok := w.change(inspect.DialUser)
	if !ok {
		return nil
	}
	return w.single(outcome{key: "user", text: escape(c.User)})
}

// privileged takes the key out where nothing else would make it count again,
// and says false where something would.
func (w *wanted) privileged() error {
	if _, ok := w.change(inspect.DialPrivileged); !ok {
		return nil
	}
	o := outcome{key: "privileged", gone: true}
	if f := w.field(o.key); f == nil || f.value.Anchor != "" || len(w.project.Places(w.request.Service, o.key)) > 1 || w.inherited[o.key] != nil {
		o = outcome{key: o.key, scalar: "false"}
	}
	return w.single(o)
}

func (w *wanted) readOnly() error {
	if _, ok := w.change(inspect.DialReadOnlyRoot); !ok {
		return nil
	}
	return w.single(outcome{key: "read_only", scalar: "true"})
}

func (w *wanted) capabilities() error {
	keep, ok := w.plan.Capabilities()
	if !ok {
		return nil
	}
	if err := w.caps("cap_drop", []string{"ALL"}, w.today.CapDrop); err != nil {
		return err
	}
	return w.caps("cap_add", keep.Names(), w.today.CapAdd)
}

// caps makes the list exactly the wanted names.
func (w *wanted) caps(key string, names, today []string) error {
	if slices.Equal(names, today) || len(names)+len(today) == 0 {
		return nil
	}
	o := outcome{key: key, remove: map[int]bool{}}
	f := w.field(key)
	if aliased := f != nil && f.value.Kind == yaml.AliasNode; f == nil || aliased {
		o.add = names
		// Nothing to add, but something to be rid of: an empty list of its own
		// covers what a merge key or an alias brings.
		if len(names) == 0 && (aliased || w.inherited[key] != nil) {
			o.scalar = "[]"
		}
		w.add(o)
		return nil
	}
	items, err := w.items(f)
	if err != nil {
		return err
	}
	missing := slices.Clone(names)
	for i, item := range items {
		if strings.Contains(item.Value, "$") {
			return governed(item, key)
		}
		name := inspect.NormalizeCap(item.Value)
		if at := slices.Index(missing, name); at >= 0 {
			missing = slices.Delete(missing, at, at+1)
		} else {
			o.remove[i] = true
		}
	}
	o.add = missing
	return w.settle(o, items, false)
}
