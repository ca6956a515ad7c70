// Package block lays out text in rectangles of terminal cells. It counts cells,
// not bytes or runes, and understands styled text. What Fit returns is exactly
// as large as was asked, so that a frame made of blocks fits its screen.
package block

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/inspect"
)

// ellipsis stands where text was cut.
const ellipsis = "…"

// Block is a rectangle of text, line by line.
type Block []string

// String joins the lines.
func (b Block) String() string { return strings.Join(b, "\n") }

// Fit returns the block with exactly h lines of exactly w cells.
func (b Block) Fit(w, h int) Block {
	out := make(Block, max(h, 0))
	for i := range out {
		if i < len(b) {
			out[i] = Fit(b[i], w)
		} else {
			out[i] = strings.Repeat(" ", max(w, 0))
		}
	}
	return out
}

// Center returns a block of w by h cells with b in its middle.
func (b Block) Center(w, h int) Block {
	inner := 0
	for _, line := range b {
		inner = max(inner, Width(line))
	}
	left := strings.Repeat(" ", max(0, (w-inner)/2))
	// A little above the middle looks like the middle.
	top := max(0, (h-len(b))*2/5)
	out := make(Block, top, top+len(b))
	for _, line := range b {
		out = append(out, left+line)
	}
	return out.Fit(w, h)
}

// Beside joins blocks of equal height side by side, gap between them.
func Beside(gap string, blocks ...Block) Block {
	if len(blocks) == 0 {
		return nil
	}
	out := make(Block, len(blocks[0]))
	for i := range out {
		parts := make([]string, len(blocks))
		for j, b := range blocks {
			parts[j] = b[i]
		}
		out[i] = strings.Join(parts, gap)
	}
	return out
}

// Width counts the cells of styled text.
func Width(s string) int { return ansi.StringWidth(s) }

// Cut shortens s to at most w cells, the last of them an ellipsis where
// something was cut.
func Cut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	if Width(s) <= w {
		return s
	}
	return ansi.Truncate(s, w, ellipsis)
}

// Fit cuts or pads s to exactly w cells.
func Fit(s string, w int) string {
	if w <= 0 {
		return ""
	}
	n := Width(s)
	if n > w {
		s = ansi.Truncate(s, w, ellipsis)
		n = Width(s)
	}
	return s + strings.Repeat(" ", max(0, w-n))
}

// FitLeft is Fit for text whose end matters more: it is cut at its beginning.
func FitLeft(s string, w int) string {
	if w <= 0 {
		return ""
	}
	if n := Width(s); n > w {
		s = ansi.TruncateLeft(s, n-w+1, ellipsis)
	}
	return Fit(s, w)
}

// Spread puts left and right at the two ends of w cells. Where they do not
// both fit, the right one goes.
func Spread(left, right string, w int) string {
	room := w - Width(left) - Width(right)
	if room < 2 {
		return Fit(left, w)
	}
	return left + strings.Repeat(" ", room) + right
}

// Wrap breaks unstyled text into lines of at most w cells, at spaces where it
// can. Hyphens stay: half an option is not an option.
func Wrap(s string, w int) Block {
	if w <= 0 {
		return nil
	}
	var out Block
	line, used := "", 0
	for _, word := range strings.Fields(s) {
		n := Width(word)
		if used > 0 && used+1+n <= w {
			line, used = line+" "+word, used+1+n
			continue
		}
		if used > 0 {
			out = append(out, line)
		}
		pieces := Hard(word, w)
		out = append(out, pieces[:len(pieces)-1]...)
		line = pieces[len(pieces)-1]
		used = Width(line)
	}
	return append(out, line)
}

// Hard breaks s into lines of at most w cells wherever they end, for text whose
// spaces matter.
func Hard(s string, w int) Block {
	if w <= 0 {
		return nil
	}
	return strings.Split(ansi.Hardwrap(s, w, true), "\n")
}

// Clean makes foreign text safe to draw. Beyond inspect.Printable it drops the
// variation selectors, about whose width terminals disagree.
func Clean(s string) string {
	s = inspect.Printable(s)
	if !strings.ContainsFunc(s, variation) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if variation(r) {
			return -1
		}
		return r
	}, s)
}

func variation(r rune) bool { return r >= 0xfe00 && r <= 0xfe0f }
