package composefile

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v4"
)

// errLayout is returned where the text is not laid out as its positions say.
func errLayout(n *yaml.Node) error {
	return refuseAt(n, "the layout here is too unusual to edit safely")
}

// body is where a node's own text starts, after its anchor and tag.
func (s *source) body(n *yaml.Node) int {
	i := s.offset(n)
	for i < len(s.text) && (s.text[i] == '&' || s.text[i] == '!') && n.Kind != yaml.AliasNode {
		for i < len(s.text) && !isSpace(s.text[i]) {
			i++
		}
		i = s.skipSpace(i)
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// skipSpace passes white space, line breaks and comments.
func (s *source) skipSpace(i int) int {
	for i < len(s.text) {
		switch {
		case isSpace(s.text[i]):
			i++
		case s.text[i] == '#' && (i == 0 || isSpace(s.text[i-1])):
			i = s.lineEnd(i)
		default:
			return i
		}
	}
	return i
}

// end is the offset behind a node's last byte. parent is the indentation of the
// block that holds the node.
func (s *source) end(n *yaml.Node, parent int) (int, error) {
	switch n.Kind {
	case yaml.AliasNode:
		return min(s.offset(n)+1+len(n.Value), len(s.text)), nil
	case yaml.ScalarNode:
		return s.scalarEnd(n, parent)
	}
	if n.Style&yaml.FlowStyle != 0 {
		return s.flowEnd(n)
	}
	if len(n.Content) == 0 {
		return 0, errLayout(n)
	}
	last := n.Content[len(n.Content)-1]
	if n.Kind == yaml.SequenceNode {
		dash, err := s.dash(last)
		if err != nil {
			return 0, err
		}
		end, err := s.end(last, s.column(dash))
		return max(end, dash+1), err
	}
	key := n.Content[len(n.Content)-2]
	end, err := s.end(last, key.Column-1)
	if err != nil {
		return 0, err
	}
	keyEnd, err := s.end(key, key.Column-1)
	return max(end, keyEnd), err
}

// column is the number of bytes before the offset on its line.
func (s *source) column(offset int) int { return offset - s.lineStart(offset) }

func (s *source) scalarEnd(n *yaml.Node, parent int) (int, error) {
	i := s.body(n)
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return s.quoteEnd(n, i, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return s.quoteEnd(n, i, '\'')
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return s.blockEnd(n, i, parent)
	}
	// A plain scalar is its words with any white space between them.
	for w, word := range strings.Fields(n.Value) {
		if w > 0 {
			for i < len(s.text) && isSpace(s.text[i]) {
				i++
			}
		}
		if !bytes.HasPrefix(s.text[i:], []byte(word)) {
			return 0, errLayout(n)
		}
		i += len(word)
	}
	if n.Value == "" {
		return min(s.offset(n), len(s.text)), nil
	}
	return i, nil
}

// quoteEnd finds the end of a quoted scalar that starts at i.
func (s *source) quoteEnd(n *yaml.Node, i int, quote byte) (int, error) {
	if i >= len(s.text) || s.text[i] != quote {
		return 0, errLayout(n)
	}
	for i++; i < len(s.text); i++ {
		switch {
		case quote == '"' && s.text[i] == '\\':
			i++
		case s.text[i] != quote:
		case quote == '\'' && i+1 < len(s.text) && s.text[i+1] == '\'':
			i++
		default:
			return i + 1, nil
		}
	}
	return 0, errLayout(n)
}

// blockEnd finds the end of a literal or folded scalar whose header is at i:
// YAML 1.2 section 8.1. Lines less indented than the content are not part of
// it; blank lines at its end are only with the keep indicator (+).
func (s *source) blockEnd(n *yaml.Node, i, parent int) (int, error) {
	if i >= len(s.text) || s.text[i] != '|' && s.text[i] != '>' {
		return 0, errLayout(n)
	}
	header := s.text[i:s.lineEnd(i)]
	if c := bytes.IndexByte(header, '#'); c >= 0 {
		header = header[:c]
	}
	content, keep := 0, bytes.IndexByte(header, '+') >= 0
	for _, c := range header {
		if c >= '1' && c <= '9' {
			content = parent + int(c-'0')
		}
	}
	end, at := s.lineEnd(i), s.nextLine(i)
	for at < len(s.text) {
		spaces, blank := s.leading(at)
		switch {
		case blank && keep:
			end = s.lineEnd(at)
		case blank:
		case content == 0 && spaces > parent:
			content = spaces
			end = s.lineEnd(at)
		case content == 0 || spaces < content:
			return end, nil
		default:
			end = s.lineEnd(at)
		}
		at = s.nextLine(at)
	}
	return end, nil
}

// flowEnd finds the end of a collection in brackets.
func (s *source) flowEnd(n *yaml.Node) (int, error) {
	open := s.body(n)
	if open >= len(s.text) || s.text[open] != '[' && s.text[open] != '{' {
		return 0, errLayout(n)
	}
	i := open + 1
	for _, c := range n.Content {
		end, err := s.end(c, 0)
		if err != nil {
			return 0, err
		}
		i = max(i, end)
	}
	// What is left is space, comments, and for entries without a value ':' or ','.
	closing := byte(']')
	if s.text[open] == '{' {
		closing = '}'
	}
	for {
		i = s.skipSpace(i)
		if i >= len(s.text) {
			return 0, errLayout(n)
		}
		switch s.text[i] {
		case closing:
			return i + 1, nil
		case ',', ':', '?':
			i++
		default:
			return 0, errLayout(n)
		}
	}
}

// dash finds the dash of a block sequence's item.
func (s *source) dash(item *yaml.Node) (int, error) {
	i := s.offset(item) - 1
	for i >= 0 && i < len(s.text) && isSpace(s.text[i]) {
		i--
	}
	if i < 0 || i >= len(s.text) || s.text[i] != '-' {
		return 0, errLayout(item)
	}
	return i, nil
}
