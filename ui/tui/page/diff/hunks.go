package diff

import (
	"fmt"
	"strings"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// lineKind is what a line of a unified diff is.
type lineKind int

const (
	same lineKind = iota
	added
	removed
	hunk
	remark
)

// line is one line of a diff with its number before and after, 0 where it has
// none.
type line struct {
	kind          lineKind
	before, after int
	text          string
}

// parse reads a unified diff. The file headers are left out, as the page names
// the file itself; what is not understood is kept as a remark.
func parse(diff string) []line {
	var out []line
	before, after := 0, 0
	inHunk := false
	for _, raw := range strings.Split(strings.TrimSuffix(diff, "\n"), "\n") {
		raw = strings.TrimSuffix(raw, "\r")
		var a, b int
		switch {
		case strings.HasPrefix(raw, "@@"):
			if start(raw, &a, &b) {
				before, after, inHunk = a, b, true
			}
			out = append(out, line{kind: hunk, text: raw})
		case !inHunk && (strings.HasPrefix(raw, "--- ") || strings.HasPrefix(raw, "+++ ")):
		case inHunk && strings.HasPrefix(raw, "+"):
			out = append(out, line{added, 0, after, raw[1:]})
			after++
		case inHunk && strings.HasPrefix(raw, "-"):
			out = append(out, line{removed, before, 0, raw[1:]})
			before++
		case inHunk && strings.HasPrefix(raw, " "):
			out = append(out, line{same, before, after, raw[1:]})
			before++
			after++
		case inHunk && raw == "":
			// Some tools strip the space of an empty context line.
			out = append(out, line{same, before, after, ""})
			before++
			after++
		case raw != "":
			out = append(out, line{kind: remark, text: raw})
		}
	}
	return out
}

// start reads the first line numbers of "@@ -a,b +c,d @@".
func start(header string, before, after *int) bool {
	fields := strings.Fields(header)
	if len(fields) < 3 {
		return false
	}
	_, err1 := fmt.Sscanf(fields[1], "-%d", before)
	_, err2 := fmt.Sscanf(fields[2], "+%d", after)
	return err1 == nil && err2 == nil
}

// tally counts the added and the removed lines.
func tally(lines []line) (plus, minus int) {
	for _, l := range lines {
		switch l.kind {
		case added:
			plus++
		case removed:
			minus++
		}
	}
	return plus, minus
}

// draw sets the diff in w cells: both line numbers, the sign, the text, wrapped
// where it is too long. The sign says what the colour says.
func draw(t *theme.Theme, lines []line, w int) block.Block {
	digits := 3
	for _, l := range lines {
		digits = max(digits, len(fmt.Sprint(max(l.before, l.after))))
	}
	gutter := 2*digits + 2
	if w < 50 {
		gutter = digits + 1
	}
	var out block.Block
	for i, l := range lines {
		switch l.kind {
		case hunk:
			if i > 0 {
				out = append(out, t.Faint.Render(block.Fit(strings.Repeat("·", 3), w)))
			}
		case remark:
			out = append(out, t.Faint.Render(block.Cut(strings.Repeat(" ", gutter+2)+block.Clean(l.text), w)))
		default:
			out = append(out, drawLine(t, l, digits, gutter, w)...)
		}
	}
	return out
}

func drawLine(t *theme.Theme, l line, digits, gutter, w int) block.Block {
	sign, style := "  ", t.Text
	mark := t.Faint
	switch l.kind {
	case added:
		sign, style, mark = "+ ", t.Added, t.AddedMark
	case removed:
		sign, style, mark = "- ", t.Removed, t.RemovedMark
	}
	numbers := number(l.before, digits) + " " + number(l.after, digits) + " "
	if gutter == digits+1 {
		numbers = number(max(l.before, l.after), digits) + " "
	}
	room := max(1, w-gutter-2)
	var out block.Block
	for i, text := range block.Hard(block.Clean(l.text), room) {
		if i > 0 {
			numbers, sign = strings.Repeat(" ", gutter), "  "
		}
		out = append(out, t.Faint.Render(numbers)+mark.Render(sign)+style.Render(block.Fit(text, room)))
	}
	return out
}

func number(n, digits int) string {
	if n == 0 {
		return strings.Repeat(" ", digits)
	}
	return fmt.Sprintf("%*d", digits, n)
}
