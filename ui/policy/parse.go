package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"bulkhead/inspect"
)

// configuration is what errors call the file.
const configuration = "configuration"

// Parse reads the text of a configuration. Unknown keys and checks, a missing
// reason and a missing day are errors. The error is an *Error.
func Parse(path string, content []byte) (Config, error) {
	p := parser{file: path}
	cfg := Config{File: path}
	root, err := p.document(content)
	if err != nil || root == nil {
		return cfg, err
	}
	fields, err := p.mapping(root, "the file", "suppress")
	if err != nil {
		return cfg, err
	}
	list := fields["suppress"]
	if list == nil || list.ShortTag() == "!!null" {
		return cfg, nil
	}
	if list.Kind != yaml.SequenceNode {
		return cfg, p.wrong(list, "Write a list: suppress: [{check: …, reason: …, expires: …}].", "suppress is not a list")
	}
	for _, item := range list.Content {
		rule, err := p.rule(follow(item))
		if err != nil {
			return cfg, err
		}
		cfg.Suppress = append(cfg.Suppress, rule)
	}
	return cfg, nil
}

// parser reads one file.
type parser struct{ file string }

func (p parser) wrong(at *yaml.Node, next, format string, args ...any) error {
	e := &Error{What: configuration, File: p.file, Problem: inspect.Printable(fmt.Sprintf(format, args...)), Next: next}
	if at != nil {
		e.Line = at.Line
	}
	return e
}

// document is the top of the file's one YAML document, nil for an empty file.
func (p parser) document(content []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var doc, second yaml.Node
	err := decoder.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, p.syntax(err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, p.wrong(nil, "Put everything into one.", "the file holds more than one YAML document")
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	root := follow(doc.Content[0])
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, nil
	}
	return root, nil
}

func (p parser) syntax(err error) error {
	var load *yaml.LoadError
	if errors.As(err, &load) {
		return p.wrong(&yaml.Node{Line: load.Mark.Line}, "Mend the file.", "this is not valid YAML: %s", load.Message)
	}
	return p.wrong(nil, "Mend the file.", "this is not valid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
}

// follow is what an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	// An alias never stands for another alias, so this is one step.
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// mapping returns the values of a mapping that may have only these keys.
func (p parser) mapping(n *yaml.Node, what string, allowed ...string) (map[string]*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return nil, p.wrong(n, "It may hold "+strings.Join(allowed, ", ")+".", "%s is not a mapping", what)
	}
	out := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		if !slices.Contains(allowed, name.Value) {
			return nil, p.wrong(name, didYouMean(name.Value, allowed), "there is no key %q here", name.Value)
		}
		if out[name.Value] != nil {
			return nil, p.wrong(name, "Take one of the two out.", "the key %q stands here a second time", name.Value)
		}
		out[name.Value] = follow(n.Content[i+1])
	}
	return out, nil
}

func (p parser) rule(n *yaml.Node) (Rule, error) {
	r := Rule{File: p.file, Line: n.Line}
	fields, err := p.mapping(n, "the suppression", "check", "workload", "path", "reason", "expires")
	if err != nil {
		return r, err
	}
	if r.Check, err = p.text(n, fields, "check", "Name the check to suppress; `bulkhead checks` lists them."); err != nil {
		return r, err
	}
	if ids := checkIDs(); !slices.Contains(ids, r.Check) {
		return r, p.wrong(fields["check"], didYouMean(r.Check, ids), "there is no check %q", r.Check)
	}
	if r.Reason, err = p.text(n, fields, "reason", "Say why this is acceptable, for whoever reads it next."); err != nil {
		return r, err
	}
	if r.workload, err = p.pattern(fields, "workload", false); err != nil {
		return r, err
	}
	if r.path, err = p.pattern(fields, "path", true); err != nil {
		return r, err
	}
	const day = "Write the last day on which it holds: expires: YYYY-MM-DD."
	expires, err := p.text(n, fields, "expires", day)
	if err != nil {
		return r, err
	}
	if r.Expires, err = time.Parse(dateFormat, expires); err != nil {
		return r, p.wrong(fields["expires"], day, "expires is %q, which is not a day", expires)
	}
	return r, nil
}

// text is a mandatory text of a suppression.
func (p parser) text(rule *yaml.Node, fields map[string]*yaml.Node, name, next string) (string, error) {
	n := fields[name]
	if n == nil {
		return "", p.wrong(rule, next, "the suppression has no %s", name)
	}
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" || n.ShortTag() == "!!null" {
		return "", p.wrong(n, next, "%s is not a text", name)
	}
	return strings.TrimSpace(n.Value), nil
}

// pattern is an optional pattern; one that is not given matches everything.
func (p parser) pattern(fields map[string]*yaml.Node, name string, path bool) (glob, error) {
	n := fields[name]
	if n == nil {
		return glob{}, nil
	}
	const next = "Write a pattern such as shop/* or deploy/**/*.yaml, or leave the key out."
	if n.Kind != yaml.ScalarNode || n.Value == "" || n.ShortTag() == "!!null" {
		return glob{}, p.wrong(n, next, "%s is not a pattern", name)
	}
	g, err := newGlob(strings.TrimPrefix(n.Value, "./"), path)
	if err != nil {
		return g, p.wrong(n, next, "%s: %v", name, err)
	}
	return g, nil
}
