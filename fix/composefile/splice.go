package composefile

import (
	"bytes"
	"slices"
	"strings"
)

// splice replaces the bytes from start to end. A splice of whole lines has
// lines set: its text is lines without their breaks, and start is where a line
// starts (or the end of the text).
type splice struct {
	start, end int
	text       string
	lines      []string
}

// apply makes the splices. Those at the same place are made in their order,
// insertions first.
func (s *source) apply(splices []splice) []byte {
	out := s.splice(slices.Clone(s.bom), 0, len(s.text), splices)
	if n := len(s.text); n > 0 && s.text[n-1] != '\n' {
		// The file ended without a line break and still does.
		out = bytes.TrimSuffix(out, []byte(s.newline))
	}
	return out
}

func (s *source) render(sp splice, before []byte) string {
	if sp.lines == nil {
		return sp.text
	}
	text := strings.Join(sp.lines, s.newline)
	if len(sp.lines) > 0 {
		text += s.newline
	}
	if text != "" && len(before) > len(s.bom) && before[len(before)-1] != '\n' {
		text = s.newline + text
	}
	return text
}

// splice appends the text from start to end to out, with the splices made.
func (s *source) splice(out []byte, start, end int, splices []splice) []byte {
	splices = slices.Clone(splices)
	slices.SortStableFunc(splices, func(a, b splice) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return min(a.end-a.start, 1) - min(b.end-b.start, 1)
	})
	for _, sp := range splices {
		out = append(out, s.text[start:max(start, sp.start)]...)
		out = append(out, s.render(sp, out)...)
		start = max(start, sp.end)
	}
	return append(out, s.text[start:end]...)
}

// patched is the text from start to end with the splices made, which are all
// inside it.
func (s *source) patched(start, end int, splices []splice) string {
	return string(s.splice(nil, start, end, splices))
}
