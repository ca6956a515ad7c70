package compose

import "go.yaml.in/yaml/v4"

// entry is one key of a mapping with its value, wherever they stand.
type entry struct {
	key, value *yaml.Node
	// inherited says that the entry came through a merge key (<<).
	inherited bool
}

// entries returns the mapping's keys as they count: its own in order, then what
// its merge keys add (YAML merge key type: own keys win, then earlier sources).
func entries(n *yaml.Node) []entry {
	n = follow(n)
	if n.Kind != yaml.MappingNode {
		return nil
	}
	var own, merged []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if isMerge(key) {
			for _, source := range mergeSources(value) {
				merged = append(merged, entries(source)...)
			}
			continue
		}
		seen[key.Value] = true
		own = append(own, entry{key: key, value: value})
	}
	for _, e := range merged {
		if !seen[e.key.Value] {
			seen[e.key.Value] = true
			e.inherited = true
			own = append(own, e)
		}
	}
	return own
}

func isMerge(key *yaml.Node) bool { return key.Kind == yaml.ScalarNode && key.Value == "<<" }

// mergeSources are the mappings that a merge key's value names.
func mergeSources(value *yaml.Node) []*yaml.Node {
	value = follow(value)
	if value.Kind == yaml.SequenceNode {
		return value.Content
	}
	return []*yaml.Node{value}
}

// lookup returns the value of a key, nil where there is none.
func lookup(n *yaml.Node, key string) *yaml.Node {
	for _, e := range entries(n) {
		if e.key.Value == key {
			return follow(e.value)
		}
	}
	return nil
}

// text returns a scalar's value, "" for anything else.
func text(n *yaml.Node) string {
	if n == nil || follow(n).Kind != yaml.ScalarNode {
		return ""
	}
	return follow(n).Value
}
