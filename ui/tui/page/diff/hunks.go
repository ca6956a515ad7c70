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
	// file names the file that the lines after it are of.
	file
)

// line is one line of a diff with its number before and after, 0 where it has
// none.
type line struct {
	kind          lineKind
	before, after int
	text          string
}

// parse reads a unified diff, of one file or of several; what is not understood
// is kept as a remark.
func parse(diff string) []line {
	var out []line
	before, after := 0, 0
	inHunk := false
	// A line of a hunk may look like a file's header: the hunk says how long it is.
	var endBefore, endAfter int
	for _, raw := range strings.Split(strings.TrimSuffix(diff, "\n"), "\n") {
		raw = strings.TrimSuffix(raw, "\r")
		if inHunk && before >= endBefore && after >= endAfter && strings.HasPrefix(raw, "--- ") {
			inHunk = false
		}
		var a, b reach
		switch {
		case strings.HasPrefix(raw, "@@"):
			if start(raw, &a, &b) {
				before, after, inHunk = a.from, b.from, true
				endBefore, endAfter = a.from+a.lines, b.from+b.lines
			}
			out = append(out, line{kind: hunk, text: raw})
		case !inHunk && strings.HasPrefix(raw, "--- "):
		case !inHunk && strings.HasPrefix(raw, "+++ "):
			out = append(out, line{kind: file, text: strings.TrimPrefix(raw[4:], "b")})
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

// unnamed are the lines without the name of the first file.
func unnamed(lines []line) []line {
	if len(lines) > 0 && lines[0].kind == file {
		return lines[1:]
	}
	return lines
}

// reach is where a hunk begins in a file, and how long it is there.
type reach struct{ from, lines int }

// start reads "@@ -a,b +c,d @@", where ",b" may be missing.
func start(header string, before, after *reach) bool {
	fields := strings.Fields(header)
	if len(fields) < 3 {
		return false
	}
	return before.read(fields[1], "-") && after.read(fields[2], "+")
}

func (r *reach) read(text, sign string) bool {
	r.lines = 1
	n, _ := fmt.Sscanf(text, sign+"%d,%d", &r.from, &r.lines)
	return n > 0
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
			if i > 0 && lines[i-1].kind != file {
				out = append(out, t.Faint.Render(block.Fit(strings.Repeat("·", 3), w)))
			}
		case file:
			out = append(out, name(t, l, i, w)...)
		case remark:
			out = append(out, t.Faint.Render(block.Cut(strings.Repeat(" ", gutter+2)+block.Clean(l.text), w)))
		default:
			out = append(out, drawLine(t, l, digits, gutter, w)...)
		}
	}
	return out
}

// name heads the lines of a file, after an empty line where others are above.
func name(t *theme.Theme, l line, i, w int) block.Block {
	head := block.Block{t.Strong.Render(block.FitLeft(block.Clean(l.text), w))}
	if i > 0 {
		head = append(block.Block{""}, head...)
	}
	return head
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
