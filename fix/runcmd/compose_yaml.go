package runcmd

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// plainText is what every reader of YAML takes for a string: a letter or a
// slash first, and no colon, so that 80:80 is no number in base 60.
var plainText = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./=-]*$`)

// notText are the words that readers of YAML 1.1 take for a boolean or nothing
// (yaml.org/type/bool.html, yaml.org/type/null.html).
var notText = []string{"y", "yes", "n", "no", "true", "false", "on", "off", "null"}

// yamlText is a string whatever it looks like.
func yamlText(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if !plainText.MatchString(text) || slices.Contains(notText, strings.ToLower(text)) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// yamlPlain is a number or a boolean.
func yamlPlain(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

// mapping takes keys and values in turn.
func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(pairs); i += 2 {
		n.Content = append(n.Content, yamlText(pairs[i].(string)), pairs[i+1].(*yaml.Node))
	}
	return n
}

// child is the value of the mapping's key.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// addTo appends to the list under the mapping's key.
func addTo(n *yaml.Node, key string, value *yaml.Node) {
	under := child(n, key)
	if under == nil {
		under = &yaml.Node{Kind: yaml.SequenceNode}
		n.Content = append(n.Content, yamlText(key), under)
	}
	under.Content = append(under.Content, value)
}

func (s *service) append(key string, value *yaml.Node) {
	if s.keys[key] == nil {
		s.keys[key] = &yaml.Node{Kind: yaml.SequenceNode}
	}
	s.keys[key].Content = append(s.keys[key].Content, value)
}

// within sets a key of a mapping; nil only makes room for it.
func (s *service) within(key, inner string, value *yaml.Node) {
	if s.keys[key] == nil {
		s.keys[key] = mapping()
	}
	if child(s.keys[key], inner) != nil {
		return
	}
	if value == nil {
		value = &yaml.Node{}
	}
	s.keys[key].Content = append(s.keys[key].Content, yamlText(inner), value)
}

// escaped keeps Compose from reading a $ as a variable.
func escaped(text string) string { return strings.ReplaceAll(text, "$", "$$") }

// expand writes a word as Compose reads it: a secret is a variable without
// which Compose refuses the file.
func expand(w word) string {
	var b strings.Builder
	for _, p := range w {
		b.WriteString(escaped(p.text))
		if p.secret != "" {
			b.WriteString("${" + p.secret + ":?}")
		}
	}
	return b.String()
}

// sequence is a list of words.
func sequence(words ...word) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, w := range words {
		n.Content = append(n.Content, yamlText(expand(w)))
	}
	return n
}

// render writes the file: the notes as comments, the service, and what is
// there already.
func (s *service) render() ([]byte, error) {
	doc := mapping("services", mapping(s.name(), s.body()))
	for _, top := range []struct {
		key   string
		names []string
	}{{"networks", slices.Sorted(maps.Keys(s.networks))}, {"volumes", s.named()}} {
		if len(top.names) == 0 {
			continue
		}
		all := mapping()
		for _, name := range top.names {
			all.Content = append(all.Content, yamlText(name), mapping("name", yamlText(escaped(name)), "external", yamlPlain("true")))
		}
		doc.Content = append(doc.Content, yamlText(top.key), all)
	}
	if len(s.notes) > 0 {
		doc.HeadComment = "# " + strings.Join(s.notes, "\n# ")
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(doc); err != nil {
		return nil, err
	}
	err := e.Close()
	return out.Bytes(), err
}

// body are the keys in their order.
func (s *service) body() *yaml.Node {
	if len(s.networks) > 0 {
		s.keys["networks"] = mapping()
		for _, name := range slices.Sorted(maps.Keys(s.networks)) {
			s.keys["networks"].Content = append(s.keys["networks"].Content, yamlText(name), s.networks[name])
		}
	}
	out := mapping()
	for _, key := range order {
		if s.keys[key] != nil {
			out.Content = append(out.Content, yamlText(key), s.keys[key])
		}
	}
	return out
}

// named are the volumes that have a name.
func (s *service) named() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.volumes)), func(name string) bool { return !s.volumes[name] })
}

// name is the service's: the container's in the characters that Compose takes.
func (s *service) name() string {
	return fileName(strings.TrimPrefix(s.command.in.Container.Name, "/"))
}
