package composefile

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"bulkhead/inspect"

	"go.yaml.in/yaml/v4"
)

// anchorOf finds the mapping that an alias stands for, and its key: where the
// text is that the alias has not.
func anchorOf(root, alias *yaml.Node) (key, mapping *yaml.Node) {
	for i := 0; root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		value := root.Content[i+1]
		if value == alias.Alias {
			return root.Content[i], value
		}
		if key, mapping := anchorOf(value, alias); key != nil {
			return key, mapping
		}
	}
	return nil, nil
}

// lent refuses a value with an anchor that others have an alias for, unless text
// may be changed which they share. To give them a copy of their own would change
// far more lines than what was asked for.
func (l *layout) lent(f *field) error {
	v := f.value
	if v.Anchor == "" || v.Kind == yaml.AliasNode || l.shared {
		return nil
	}
	users := l.users(v)
	if len(users) == 0 {
		return nil
	}
	return &RefusedError{Line: v.Line, Shared: true, Next: "Write the value out at their own place first.",
		Reason: inspect.Printable(fmt.Sprintf("%s has the anchor &%s, whose value is also that of %s", f.key.Value, v.Anchor, strings.Join(users, ", ")))}
}

// users are the other services that have an alias for the node, and what else at
// the top of the file has.
func (l *layout) users(node *yaml.Node) []string {
	var out []string
	look := func(mapping *yaml.Node, what string) {
		for i := 0; mapping.Kind == yaml.MappingNode && i+1 < len(mapping.Content); i += 2 {
			key, value := mapping.Content[i].Value, mapping.Content[i+1]
			if key != "services" && value != l.mapping && aliases(value, node) {
				out = append(out, what+key)
			}
		}
	}
	if services := own(l.root, "services"); services != nil {
		look(services.value, "services.")
	}
	look(l.root, "")
	return out
}

// aliases says whether an alias for the node stands in the tree.
func aliases(tree, node *yaml.Node) bool {
	return tree.Kind == yaml.AliasNode && tree.Alias == node ||
		slices.ContainsFunc(tree.Content, func(n *yaml.Node) bool { return aliases(n, node) })
}

// agreed makes equal what of two resolved files may differ where others share
// the service's text: the keys that the edit changes, in other services and in
// what is kept for them (x-…). It returns the names of those services.
func (v verifier) agreed(was, is map[string]any) []string {
	var names []string
	even := func(was, is map[string]any, name string) bool {
		a, okA := was[name].(map[string]any)
		b, okB := is[name].(map[string]any)
		if !okA || !okB || reflect.DeepEqual(a, b) {
			return false
		}
		a, b = maps.Clone(a), maps.Clone(b)
		for _, o := range v.outcomes {
			delete(a, o.key)
			delete(b, o.key)
		}
		if !reflect.DeepEqual(a, b) {
			return false
		}
		is[name] = was[name]
		return true
	}
	services, _ := was["services"].(map[string]any)
	edited, _ := is["services"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(services)) {
		if even(services, edited, name) {
			names = append(names, name)
		}
	}
	for name := range was {
		if strings.HasPrefix(name, "x-") {
			even(was, is, name)
		}
	}
	return names
}

// reaches notes that the edit changes another service, too.
func (v verifier) reaches(names ...string) {
	for _, name := range names {
		if !slices.Contains(*v.others, name) {
			*v.others = append(*v.others, name)
		}
	}
	slices.Sort(*v.others)
}

// sharedNote says whom the edit changes besides.
func sharedNote(names []string) []string {
	switch len(names) {
	case 0:
		return nil
	case 1:
		return []string{fmt.Sprintf("This changes the service %s, too: it shares what is edited. No trial proved it there.", names[0])}
	}
	return []string{fmt.Sprintf("This changes the services %s, too: they share what is edited. No trial proved it there.", strings.Join(names, ", "))}
}
