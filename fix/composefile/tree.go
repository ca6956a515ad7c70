package composefile

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// resolve turns a node into plain values with aliases and merge keys followed:
// map[string]any, []any, and for scalars their tag and text.
func resolve(n *yaml.Node) map[string]any {
	r := resolver{done: map[*yaml.Node]any{}}
	m, _ := r.value(n).(map[string]any)
	return m
}

type resolver struct{ done map[*yaml.Node]any }

func (r resolver) value(n *yaml.Node) any {
	n = follow(n)
	if n.Kind == yaml.ScalarNode {
		return n.ShortTag() + " " + n.Value
	}
	if v, ok := r.done[n]; ok {
		return v
	}
	// A node that contains itself was refused before; this only ends a loop.
	r.done[n] = nil
	v := r.collection(n)
	r.done[n] = v
	return v
}

func (r resolver) collection(n *yaml.Node) any {
	if n.Kind != yaml.MappingNode {
		list := []any{n.Tag}
		for _, c := range n.Content {
			list = append(list, r.value(c))
		}
		return list
	}
	out, merged := map[string]any{}, map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Value == "<<" {
			inherit(merged, n.Content[i+1], 0)
		} else {
			out[name(key)] = r.value(n.Content[i+1])
		}
	}
	for key, value := range merged {
		if _, own := out[key]; !own {
			out[key] = r.value(value)
		}
	}
	return out
}

// name is a key as text; keys that are no text keep their place only.
func name(key *yaml.Node) string {
	if follow(key).Kind == yaml.ScalarNode {
		return follow(key).Value
	}
	return "?"
}

// take removes the service from a resolved file and returns it.
func take(root map[string]any, service string) map[string]any {
	services, _ := root["services"].(map[string]any)
	if services == nil {
		return map[string]any{}
	}
	taken, _ := services[service].(map[string]any)
	rest := maps.Clone(services)
	delete(rest, service)
	root["services"] = rest
	if taken == nil {
		return map[string]any{}
	}
	return maps.Clone(taken)
}

// differing names the first service in which two resolved files differ.
func differing(a, b map[string]any) string {
	was, _ := a["services"].(map[string]any)
	is, _ := b["services"].(map[string]any)
	var names []string
	for _, service := range slices.Sorted(maps.Keys(was)) {
		if !reflect.DeepEqual(was[service], is[service]) {
			names = append(names, service)
		}
	}
	switch len(names) {
	case 0:
		return "another part of the file"
	case 1:
		return "the service " + names[0]
	}
	return "the services " + strings.Join(names, ", ")
}

// anchor names what others share of the service, as far as that is the service
// itself.
func (l *layout) anchor() string {
	if l.mapping.Anchor == "" {
		return "an anchor"
	}
	return "the anchor &" + l.mapping.Anchor
}

// span is the text of the service, from its key to the last line that could
// belong to it.
func (l *layout) span() (start, end int) {
	start = l.offset(l.key)
	switch {
	case l.flow:
		end, err := l.source.end(l.mapping, 0)
		if err != nil {
			end = start
		}
		return start, end
	case len(l.fields) == 0:
		return start, start
	}
	return start, l.after(len(l.fields) - 1)
}

// tail is what has to follow the service unchanged; line ends at its border may
// have moved.
func tail(rest []byte) []byte { return bytes.TrimLeft(rest, "\r\n") }

// commentsOf are all texts that could be comments, sorted: whatever follows a #
// at the start of a line or behind white space. It does not parse, so that it
// cannot be wrong in the same way as what it checks; a # inside a text counts
// too and has to stay as well.
func commentsOf(text []byte) []string {
	var out []string
	for line := range strings.Lines(string(text)) {
		for i := range len(line) {
			if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
				out = append(out, strings.TrimRight(line[i:], " \t\r\n"))
			}
		}
	}
	slices.Sort(out)
	return out
}
