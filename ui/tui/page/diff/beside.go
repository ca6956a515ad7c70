package diff

import (
	"fmt"
	"strings"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// besideFrom is the width from which before and after stand side by side.
const besideFrom = 110

// drawBeside sets the file as it is and as it would be next to each other. A
// line that goes stands beside the one that comes in its place.
func drawBeside(t *theme.Theme, lines []line, w int) block.Block {
	half := (w - 3) / 2
	digits := 3
	for _, l := range lines {
		digits = max(digits, len(fmt.Sprint(max(l.before, l.after))))
	}
	bar := " " + t.Faint.Render("│") + " "
	var out block.Block
	row := func(left, right block.Block) {
		height := max(len(left), len(right))
		out = append(out, block.Beside(bar, left.Fit(half, height), right.Fit(half, height))...)
	}
	side := func(l line) block.Block { return drawLine(t, l, digits, digits+1, half) }
	var goes, comes []line
	flush := func() {
		for i := range max(len(goes), len(comes)) {
			var left, right block.Block
			if i < len(goes) {
				left = side(goes[i])
			}
			if i < len(comes) {
				right = side(comes[i])
			}
			row(left, right)
		}
		goes, comes = nil, nil
	}
	for i, l := range lines {
		switch l.kind {
		case removed:
			if len(comes) > 0 {
				flush()
			}
			goes = append(goes, l)
		case added:
			comes = append(comes, l)
		case same:
			flush()
			row(side(line{same, l.before, 0, l.text}), side(line{same, 0, l.after, l.text}))
		case hunk:
			flush()
			if i > 0 && lines[i-1].kind != file {
				dots := block.Block{t.Faint.Render(strings.Repeat("·", 3))}
				row(dots, dots)
			}
		case file:
			flush()
			out = append(out, name(t, l, i, w)...)
		case remark:
			flush()
			out = append(out, t.Faint.Render(block.Cut(strings.Repeat(" ", digits+3)+block.Clean(l.text), w)))
		}
	}
	flush()
	return out
}
