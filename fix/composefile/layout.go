package composefile

import (
	"fmt"
	"strings"

	"bulkhead/inspect"

	"go.yaml.in/yaml/v4"
)

// field is one key of the service that stands in its own mapping.
type field struct {
	key, value *yaml.Node
	// start is where the key starts, end where the value ends.
	start, end int
}

// layout is where a mapping stands and how it is laid out: the service, or one
// below it.
type layout struct {
	*source
	root *yaml.Node
	// key is the mapping's key, or that of the list whose item it is.
	key, mapping *yaml.Node
	fields       []field
	// inherited are the values that merge keys add, by key.
	inherited map[string]*yaml.Node
	// flow says that the mapping is written in braces.
	flow bool
	// indent is the white space before the mapping's keys.
	indent string
	// shared says that text may be changed which others share.
	shared bool
	style
}

// style is how the file writes what is new.
type style struct {
	// step is what each level adds to the white space before keys, seqIndent
	// what block lists add to it.
	step, seqIndent string
	// flowLists says that short lists stand in brackets.
	flowLists bool
}

// locate finds the service in a parsed file. One that is an alias has no text of
// its own; where text may be shared, that of its anchor is taken.
func locate(s *source, root *yaml.Node, service string, shared bool) (*layout, error) {
	l := &layout{source: s, root: root, shared: shared, inherited: map[string]*yaml.Node{}}
	services := own(root, "services")
	if services == nil || services.value.Kind != yaml.MappingNode {
		return nil, refuse(0, "Check that this is a Compose file.", "there is no services: with services written out under it")
	}
	found := own(services.value, service)
	if found == nil {
		return nil, refuse(0, "Name the file that defines the service.", "the service %q is not written out here", service)
	}
	l.key, l.mapping = found.key, found.value
	if shared && found.value.Kind == yaml.AliasNode {
		if key, mapping := anchorOf(root, found.value); key != nil {
			l.key, l.mapping = key, mapping
		}
	}
	if err := l.readFields(); err != nil {
		return nil, err
	}
	l.learnStyle(services.value)
	return l, nil
}

// within is the layout of a mapping below this one: the value of a key, or an
// item of its list.
func (l *layout) within(key, mapping *yaml.Node) (*layout, error) {
	inner := *l
	inner.key, inner.mapping = key, mapping
	inner.fields, inner.indent, inner.inherited = nil, "", map[string]*yaml.Node{}
	if mapping.Kind == yaml.AliasNode || mapping.Anchor != "" {
		return nil, shared(mapping, key.Value)
	}
	return &inner, inner.readFields()
}

// own finds a key that stands in the mapping itself.
func own(n *yaml.Node, key string) *field {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind == yaml.ScalarNode && n.Content[i].Value == key {
			return &field{key: n.Content[i], value: n.Content[i+1]}
		}
	}
	return nil
}

// readFields notes the mapping's fields.
func (l *layout) readFields() error {
	v := l.mapping
	switch {
	case v.Kind == yaml.AliasNode:
		return &RefusedError{Line: v.Line, Next: byHand, Shared: true,
			Reason: inspect.Printable(fmt.Sprintf("%s is an alias (*%s) and has no text of its own", l.key.Value, v.Value))}
	case v.Kind != yaml.MappingNode:
		return refuseAt(v, "%s is not a mapping", l.key.Value)
	}
	l.flow = v.Style&yaml.FlowStyle != 0
	for i := 0; i+1 < len(v.Content); i += 2 {
		f := field{key: v.Content[i], value: v.Content[i+1]}
		if f.key.Kind != yaml.ScalarNode {
			return refuseAt(f.key, "a key of %s is not plain text", l.key.Value)
		}
		if f.key.Value == "<<" {
			inherit(l.inherited, f.value, 0)
		}
		if err := l.measure(&f); err != nil {
			return err
		}
		l.fields = append(l.fields, f)
	}
	if l.flow {
		return nil
	}
	return l.readIndent()
}

// readIndent notes the white space before the keys. The first key of a list's
// item stands behind its dash.
func (l *layout) readIndent() error {
	for i, f := range l.fields {
		indent, clean := l.source.indent(f.start)
		if i == 0 && !clean {
			spaces := strings.Replace(indent, "-", " ", 1)
			indent, clean = spaces, strings.Trim(spaces, " ") == ""
		}
		if !clean || l.indent != "" && indent != l.indent || indent == "" {
			return refuseAt(f.key, "the keys of %s do not stand on lines of their own", l.key.Value)
		}
		l.indent = indent
	}
	return nil
}

func (l *layout) measure(f *field) error {
	f.start = l.offset(f.key)
	keyEnd, err := l.source.end(f.key, f.key.Column-1)
	if err != nil {
		return err
	}
	valueEnd, err := l.source.end(f.value, f.key.Column-1)
	f.end = max(keyEnd, valueEnd)
	return err
}

// maxMergeDepth bounds merge keys inside merge keys.
const maxMergeDepth = 32

// inherit adds what a merge key's value brings; what is there already wins.
func inherit(into map[string]*yaml.Node, value *yaml.Node, depth int) {
	value = follow(value)
	if depth > maxMergeDepth {
		return
	}
	if value.Kind == yaml.SequenceNode {
		for _, source := range value.Content {
			inherit(into, source, depth+1)
		}
		return
	}
	if value.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(value.Content); i += 2 {
		if key := value.Content[i].Value; key != "<<" && into[key] == nil {
			into[key] = value.Content[i+1]
		}
	}
	for i := 0; i+1 < len(value.Content); i += 2 {
		if value.Content[i].Value == "<<" {
			inherit(into, value.Content[i+1], depth+1)
		}
	}
}

func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// field returns the service's own field of that name.
func (l *layout) field(name string) *field {
	for i := range l.fields {
		if l.fields[i].key.Value == name {
			return &l.fields[i]
		}
	}
	return nil
}

// argvKeys are lists that tell nothing of how short lists are written.
var argvKeys = map[string]bool{"command": true, "entrypoint": true, "test": true}

// learnStyle looks how lists are written: in this service, else in the file.
func (l *layout) learnStyle(services *yaml.Node) {
	l.step = "  "
	if len(l.indent) > 0 && l.key.Column-1 < len(l.indent) {
		l.step = strings.Repeat(" ", len(l.indent)-(l.key.Column-1))
	}
	l.seqIndent = l.step
	for _, place := range []*yaml.Node{l.mapping, services} {
		var c census
		c.count(place, 0)
		if c.block+c.flow == 0 {
			continue
		}
		l.flowLists = c.flow > c.block
		if c.block > 0 {
			l.seqIndent = strings.Repeat(" ", max(0, c.indent))
		}
		return
	}
}

// census counts how the lists below a node are written.
type census struct {
	block, flow int
	// indent is how far the last block list's dashes stand behind its key.
	indent int
}

func (c *census) count(n *yaml.Node, depth int) {
	if n.Kind != yaml.MappingNode || depth > 4 {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if value.Kind == yaml.SequenceNode && len(value.Content) > 0 && !argvKeys[key.Value] {
			if value.Style&yaml.FlowStyle != 0 {
				c.flow++
			} else if value.Anchor == "" && value.Line > key.Line {
				c.block++
				c.indent = value.Column - key.Column
			}
		}
		c.count(value, depth+1)
	}
}
