package composefile

import (
	"bytes"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// source is a file's text with a way from YAML positions to bytes. YAML counts
// lines and columns from 1, columns in runes, and does not count a byte order
// mark.
type source struct {
	bom  []byte
	text []byte
	// lines are the offsets at which lines start.
	lines   []int
	newline string
}

var utf8BOM = []byte("\ufeff")

// newSource prepares a text. It refuses line breaks that YAML counts and
// editors do not, because positions would mislead.
func newSource(content []byte) (*source, error) {
	s := &source{newline: "\n"}
	s.text = content
	if bytes.HasPrefix(content, utf8BOM) {
		s.bom, s.text = utf8BOM, content[len(utf8BOM):]
	}
	if !utf8.Valid(s.text) || bytes.IndexByte(s.text, 0) >= 0 {
		return nil, refuse(0, "Save the file as UTF-8.", "the file is not UTF-8 text")
	}
	s.lines = []int{0}
	for i, c := range s.text {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
		if c == '\r' && (i+1 >= len(s.text) || s.text[i+1] != '\n') {
			return nil, refuse(len(s.lines), "Save the file with ordinary line ends.", "a carriage return stands alone here")
		}
	}
	for _, odd := range []string{"\u0085", "\u2028", "\u2029", "\ufeff"} {
		if i := bytes.Index(s.text, []byte(odd)); i >= 0 {
			line := 1 + bytes.Count(s.text[:i], []byte("\n"))
			return nil, refuse(line, "Save the file with ordinary line ends.", "an invisible Unicode line break or mark stands here")
		}
	}
	if i := bytes.IndexByte(s.text, '\n'); i > 0 && s.text[i-1] == '\r' {
		s.newline = "\r\n"
	}
	return s, nil
}

// offset is the byte at which a node starts.
func (s *source) offset(n *yaml.Node) int { return s.at(n.Line, n.Column) }

func (s *source) at(line, column int) int {
	if line < 1 {
		return 0
	}
	if line > len(s.lines) {
		return len(s.text)
	}
	i := s.lines[line-1]
	for ; column > 1 && i < len(s.text); column-- {
		_, size := utf8.DecodeRune(s.text[i:])
		i += size
	}
	return i
}

// line is the line number, from 1, of an offset.
func (s *source) line(offset int) int {
	low, high := 0, len(s.lines)
	for low+1 < high {
		mid := (low + high) / 2
		if s.lines[mid] <= offset {
			low = mid
		} else {
			high = mid
		}
	}
	return low + 1
}

// lineStart is where the offset's line starts, lineEnd where its text ends,
// nextLine where the following line starts (or the text ends).
func (s *source) lineStart(offset int) int { return s.lines[s.line(offset)-1] }

func (s *source) lineEnd(offset int) int {
	end := s.nextLine(offset)
	for end > offset && (s.text[end-1] == '\n' || s.text[end-1] == '\r') {
		end--
	}
	return end
}

func (s *source) nextLine(offset int) int {
	if n := s.line(offset); n < len(s.lines) {
		return s.lines[n]
	}
	return len(s.text)
}

// indent is the white space before the offset on its line, and whether there is
// nothing else there.
func (s *source) indent(offset int) (string, bool) {
	before := s.text[s.lineStart(offset):offset]
	return string(before), len(bytes.Trim(before, " ")) == 0
}

// leading counts the spaces at the start of the line, and says whether the line
// is blank.
func (s *source) leading(lineStart int) (spaces int, blank bool) {
	line := s.text[lineStart:s.lineEnd(lineStart)]
	trimmed := bytes.TrimLeft(line, " ")
	return len(line) - len(trimmed), len(bytes.TrimSpace(line)) == 0
}
