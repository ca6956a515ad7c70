package compose

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v4"
)

// maxNodes bounds what a file may hold once its aliases are followed; a file
// that grows past it is an attack ("billion laughs") or not a Compose file.
const maxNodes = 1_000_000

// document is one parsed Compose file.
type document struct {
	file    string
	content []byte
	// roots are the mappings of its YAML documents, in order.
	roots []*yaml.Node
	// services are the entries of services:, byName their places in it.
	services []entry
	byName   map[string][]int
}

// index notes the document's services, so that each is found at once.
func (d *document) index() {
	d.byName = map[string][]int{}
	for _, root := range d.roots {
		services := lookup(root, "services")
		if services == nil {
			continue
		}
		for _, e := range entries(services) {
			d.byName[e.key.Value] = append(d.byName[e.key.Value], len(d.services))
			d.services = append(d.services, e)
		}
	}
}

// parse reads the YAML of a file and refuses what cannot be a Compose file.
func parse(file string, content []byte) (document, error) {
	doc := document{file: file, content: content}
	if err := checkSize(file, content); err != nil {
		return doc, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var n yaml.Node
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return doc, syntaxError(file, content, err)
		}
		if err := checkGrowth(file, &n); err != nil {
			return doc, err
		}
		if err := checkDoubled(file, &n); err != nil {
			return doc, err
		}
		root := follow(n.Content[0])
		if isNull(root) {
			continue
		}
		if root.Kind != yaml.MappingNode {
			return doc, &Error{File: file, Line: root.Line, Problem: "the top level is not a mapping",
				Next: "A Compose file has keys such as services: at its top level."}
		}
		doc.roots = append(doc.roots, root)
	}
	if len(doc.roots) == 0 {
		return doc, &Error{File: file, Problem: "the file is empty", Next: "A Compose file needs at least services: with one service."}
	}
	doc.index()
	return doc, nil
}

// follow returns the node that an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// checkGrowth refuses a document that contains itself, or that grows out of
// bounds once its aliases are followed.
func checkGrowth(file string, n *yaml.Node) error {
	g := growth{sizes: map[*yaml.Node]int{}}
	size := g.size(n)
	if g.cycle != nil {
		return &Error{File: file, Line: g.cycle.Line, Problem: fmt.Sprintf("the anchor %q contains itself", g.cycle.Value),
			Next: "Take the alias out of what it stands for."}
	}
	if size > maxNodes {
		return &Error{File: file, Problem: fmt.Sprintf("the file holds more than %d values once its aliases are followed", maxNodes),
			Next: "Anchors and aliases multiply here; check that this file can be trusted."}
	}
	return nil
}

// checkDoubled refuses a mapping that has a key twice. Readers differ in which
// they take, so nothing certain could be said of it.
func checkDoubled(file string, n *yaml.Node) error {
	seen := map[string]int{}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && c.Kind == yaml.ScalarNode {
			if first := seen[c.Value]; first > 0 {
				return &Error{File: file, Line: c.Line, Problem: fmt.Sprintf("the key %q stands here a second time, after line %d", c.Value, first),
					Next: "Take one of the two out."}
			}
			seen[c.Value] = c.Line
		}
		if err := checkDoubled(file, c); err != nil {
			return err
		}
	}
	return nil
}

// growth counts the nodes below a node with aliases followed, each node once.
type growth struct {
	sizes map[*yaml.Node]int
	cycle *yaml.Node
}

// underWay marks a node whose count has begun; meeting it again is a cycle.
const underWay = -1

func (g *growth) size(n *yaml.Node) int {
	if n.Kind == yaml.ScalarNode {
		return 1
	}
	if size, ok := g.sizes[n]; ok {
		if size == underWay {
			return maxNodes + 1
		}
		return size
	}
	g.sizes[n] = underWay
	size := 1
	if n.Kind == yaml.AliasNode {
		if g.sizes[n.Alias] == underWay && g.cycle == nil {
			g.cycle = n
		}
		size = g.size(n.Alias)
	}
	for _, c := range n.Content {
		size = min(size+g.size(c), maxNodes+1)
	}
	g.sizes[n] = size
	return size
}
