package dialog

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// maxWidth keeps lines short enough to read.
const maxWidth = 76

// Over draws the dialog in the middle of the page, which steps back behind it.
// The result is as large as the page. Where the screen is too small for a box,
// the dialog takes all of it.
func Over(t *theme.Theme, d Dialog, page block.Block, w, h int) block.Block {
	if w < 24 || h < 7 {
		return append(block.Block{t.Title.Render(block.Cut(d.Title(), w))}, d.Body(t, w, max(0, h-1))...).Fit(w, h)
	}
	inner := min(w-8, maxWidth)
	body := d.Body(t, inner, h-6)
	box := frame(t, d.Title(), body, max(min(widest(body), inner), min(block.Width(d.Title())+1, inner)))
	boxWidth := block.Width(box[0])
	left, top := (w-boxWidth)/2, max(0, (h-len(box))*2/5)
	out := make(block.Block, h)
	for i := range out {
		behind := ""
		if i < len(page) {
			behind = ansi.Strip(page[i])
		}
		if i < top || i >= top+len(box) {
			out[i] = t.Faint.Render(block.Fit(behind, w))
			continue
		}
		out[i] = t.Faint.Render(before(behind, left)) + box[i-top] + t.Faint.Render(after(behind, left+boxWidth, w))
	}
	return out
}

// before is the first n cells of a line; a wide rune across the edge becomes a
// space.
func before(s string, n int) string {
	s = ansi.Truncate(s, n, "")
	return s + strings.Repeat(" ", max(0, n-block.Width(s)))
}

// after is what lies right of cell n in a line of w cells.
func after(s string, n, w int) string {
	line := block.Fit(s, w)
	// A wide rune across the edge is kept whole by TruncateLeft; then the cut
	// goes one cell further.
	for _, cut := range []int{n, n + 1} {
		if rest := ansi.TruncateLeft(line, cut, ""); block.Width(rest) <= w-n {
			return strings.Repeat(" ", w-n-block.Width(rest)) + rest
		}
	}
	return strings.Repeat(" ", max(0, w-n))
}

func frame(t *theme.Theme, title string, body block.Block, inner int) block.Block {
	title = block.Cut(title, inner)
	rule := strings.Repeat("─", max(0, inner+1-block.Width(title)))
	side := t.Frame.Render("│")
	out := block.Block{
		t.Frame.Render("╭─ ") + t.Title.Render(title) + t.Frame.Render(" "+rule+"╮"),
		side + strings.Repeat(" ", inner+4) + side,
	}
	for _, line := range body {
		out = append(out, side+"  "+block.Fit(line, inner)+"  "+side)
	}
	return append(out, side+strings.Repeat(" ", inner+4)+side, t.Frame.Render("╰"+strings.Repeat("─", inner+4)+"╯"))
}
