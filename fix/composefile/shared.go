package composefile

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

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
