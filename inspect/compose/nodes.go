package compose

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

func scalar(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

func mapping(content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: content}
}

func without(nodes []*yaml.Node, gone map[*yaml.Node]bool) []*yaml.Node {
	var kept []*yaml.Node
	for _, n := range nodes {
		if !gone[n] {
			kept = append(kept, n)
		}
	}
	return kept
}

// dropKey takes a key out of a mapping, out of what it merges too.
func dropKey(n *yaml.Node, key string) {
	n = follow(n)
	if n.Kind != yaml.MappingNode {
		return
	}
	kept := n.Content[:0:0]
	for i := 0; i+1 < len(n.Content); i += 2 {
		if isMerge(n.Content[i]) {
			for _, source := range mergeSources(n.Content[i+1]) {
				dropKey(source, key)
			}
		}
		if n.Content[i].Value != key {
			kept = append(kept, n.Content[i], n.Content[i+1])
		}
	}
	n.Content = kept
}

// flatten returns a copy without anchors, aliases and merge keys.
func flatten(n *yaml.Node) *yaml.Node {
	n = follow(n)
	flat := *n
	flat.Anchor, flat.Content = "", nil
	switch n.Kind {
	case yaml.MappingNode:
		for _, e := range entries(n) {
			flat.Content = append(flat.Content, flatten(e.key), flatten(e.value))
		}
	default:
		for _, c := range n.Content {
			flat.Content = append(flat.Content, flatten(c))
		}
	}
	return &flat
}

// variables are all NAME=value pairs that stand anywhere in the files, to know
// their secrets by.
func (l *loader) variables() []string {
	var out []string
	for name, value := range l.env {
		out = append(out, name+"="+value)
	}
	seen := map[*yaml.Node]bool{}
	for _, doc := range l.tree.all() {
		for _, root := range doc.roots {
			out = append(out, pairs(root, seen)...)
		}
	}
	return out
}

func pairs(n *yaml.Node, seen map[*yaml.Node]bool) []string {
	n = follow(n)
	if seen[n] {
		return nil
	}
	seen[n] = true
	var out []string
	switch n.Kind {
	case yaml.MappingNode:
		for _, e := range entries(n) {
			if value := follow(e.value); value.Kind == yaml.ScalarNode {
				out = append(out, e.key.Value+"="+value.Value)
			} else {
				out = append(out, pairs(value, seen)...)
			}
		}
	case yaml.ScalarNode:
		if strings.Contains(n.Value, "=") || strings.Contains(n.Value, "://") {
			out = append(out, n.Value)
		}
	default:
		for _, c := range n.Content {
			out = append(out, pairs(c, seen)...)
		}
	}
	return out
}
