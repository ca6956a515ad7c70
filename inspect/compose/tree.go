package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"go.yaml.in/yaml/v4"
)

// tree is every file that has a part in the project.
type tree struct {
	// own are the project's files, in order.
	own []document
	// included are, for each of own, the files its include: names, in order.
	included [][]document
	// byPath holds every document read, also those that only extends: names;
	// missing are the paths that could not be read, with the reason.
	byPath  map[string]document
	missing map[string]error
	// bases are what services extend, by the service's value.
	bases map[*yaml.Node]base
}

// maxFiles bounds how many files include: and extends: may pull in.
const maxFiles = 500

// all returns every document that was read.
func (t tree) all() []document {
	docs := append([]document(nil), t.own...)
	for _, included := range t.included {
		docs = append(docs, included...)
	}
	known := map[string]bool{}
	for _, d := range docs {
		known[d.file] = true
	}
	for path, d := range t.byPath {
		if !known[path] {
			docs = append(docs, d)
		}
	}
	return docs
}

// readTree reads and parses the project's files and everything that they
// include or extend. Only a fault in the project's own files is an error.
func (l *loader) readTree() error {
	l.tree.byPath = map[string]document{}
	l.tree.missing = map[string]error{}
	l.tree.bases = map[*yaml.Node]base{}
	for _, file := range l.files {
		content, err := l.content(file)
		if err != nil {
			return err
		}
		doc, err := parse(file, content)
		if err != nil {
			return err
		}
		l.tree.byPath[file] = doc
		l.tree.own = append(l.tree.own, doc)
	}
	for _, doc := range l.tree.own {
		l.readExtended(doc, l.dir)
		l.tree.included = append(l.tree.included, l.readIncluded(doc, l.dir))
	}
	return nil
}

// readIncluded reads what the document includes, deepest first, as Compose
// merges it. An included file that itself needs a file that cannot be read
// counts as missing: Compose would stop at it.
func (l *loader) readIncluded(doc document, dir string) []document {
	var docs []document
	for _, inc := range l.includes(doc, dir) {
		for _, path := range inc.paths {
			if _, known := l.tree.byPath[path]; known {
				continue
			}
			included, ok := l.read(path)
			if !ok {
				continue
			}
			nested := l.readIncluded(included, inc.dir)
			l.readExtended(included, inc.dir)
			if err := l.incomplete(included, inc.dir); err != nil {
				l.tree.missing[path] = err
				continue
			}
			docs = append(append(docs, nested...), included)
		}
	}
	return docs
}

// incomplete says what an included document needs and does not get.
func (l *loader) incomplete(doc document, dir string) error {
	for _, inc := range l.includes(doc, dir) {
		for _, path := range inc.paths {
			if err := l.tree.missing[path]; err != nil {
				return err
			}
		}
	}
	for _, e := range doc.services {
		if b, ok := l.tree.bases[e.value]; ok && !l.tree.resolvable(e.value, 0) {
			return fmt.Errorf("the service %q that %q extends could not be found", b.service, e.key.Value)
		}
	}
	return nil
}

// resolvable says whether everything that the service extends was found.
func (t tree) resolvable(service *yaml.Node, depth int) bool {
	b, ok := t.bases[service]
	if !ok {
		return true
	}
	doc := t.byPath[b.file]
	found := doc.byName[b.service]
	for _, i := range found {
		if depth >= maxExtends || !t.resolvable(doc.services[i].value, depth+1) {
			return false
		}
	}
	return len(found) > 0
}

// dangerous returns the reason why a file that another one names must not be
// read by anybody: its size or its aliases, or that it is no regular file.
func (t tree) dangerous() error {
	for _, err := range t.missing {
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// readExtended reads the files that the document's services extend.
func (l *loader) readExtended(doc document, dir string) {
	for _, e := range doc.services {
		base, ok := l.extends(e.value, doc.file, dir)
		if !ok {
			continue
		}
		l.tree.bases[e.value] = base
		if _, known := l.tree.byPath[base.file]; known {
			continue
		}
		if extended, ok := l.read(base.file); ok {
			l.readExtended(extended, filepath.Dir(base.file))
		}
	}
}

// lookupOr is lookup with an empty mapping where there is no such key.
func lookupOr(n *yaml.Node, key string) *yaml.Node {
	if v := lookup(n, key); v != nil {
		return v
	}
	return &yaml.Node{Kind: yaml.MappingNode}
}

// read parses a file that another one names; a fault is kept in missing.
func (l *loader) read(path string) (document, bool) {
	if _, failed := l.tree.missing[path]; failed || len(l.tree.byPath) >= maxFiles {
		return document{}, false
	}
	content, err := l.content(path)
	if err == nil {
		var doc document
		if doc, err = parse(path, content); err == nil {
			l.tree.byPath[path] = doc
			return doc, true
		}
	}
	l.tree.missing[path] = err
	return document{}, false
}

// inclusion is one entry of include:.
type inclusion struct {
	node  *yaml.Node
	paths []string
	dir   string
}

// includes returns the entries of the document's include:, paths absolute.
func (l *loader) includes(doc document, dir string) []inclusion {
	var out []inclusion
	for _, root := range doc.roots {
		list := lookup(root, "include")
		if list == nil || list.Kind != yaml.SequenceNode {
			continue
		}
		for _, item := range list.Content {
			inc := inclusion{node: item, dir: dir}
			paths, projectDir := follow(item), ""
			if paths.Kind == yaml.MappingNode {
				projectDir, _, _ = l.substitute(text(lookup(paths, "project_directory")))
				paths = lookupOr(paths, "path")
			}
			for _, p := range scalars(paths) {
				p, _, _ = l.substitute(p)
				inc.paths = append(inc.paths, from(dir, p))
			}
			if projectDir != "" {
				inc.dir = from(dir, projectDir)
			} else if len(inc.paths) > 0 {
				inc.dir = filepath.Dir(inc.paths[0])
			}
			out = append(out, inc)
		}
	}
	return out
}

// scalars returns a scalar, or the scalars of a sequence, as texts.
func scalars(n *yaml.Node) []string {
	n = follow(n)
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	var out []string
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			out = append(out, text(c))
		}
	}
	return out
}

func from(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// base names the service that another one extends.
type base struct{ file, service string }

// extends returns what the service extends; relative files stand beside the
// project directory of the file that names them.
func (l *loader) extends(service *yaml.Node, file, dir string) (base, bool) {
	if follow(service).Kind != yaml.MappingNode {
		return base{}, false
	}
	ext := lookup(service, "extends")
	switch {
	case ext == nil || isNull(ext):
		return base{}, false
	case ext.Kind == yaml.ScalarNode:
		name, _, _ := l.substitute(ext.Value)
		return base{file, name}, true
	}
	name, _, _ := l.substitute(text(lookup(ext, "service")))
	b := base{file, name}
	if other, _, _ := l.substitute(text(lookup(ext, "file"))); other != "" {
		b.file = from(dir, other)
	}
	return b, name != ""
}
