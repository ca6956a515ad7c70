// Package scroll shows a window of a text that is longer than its pane.
package scroll

import (
	tea "charm.land/bubbletea/v2"

	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/theme"
)

// Window is a position in a text. The zero Window shows the beginning.
type Window struct {
	Offset        int
	total, height int
}

// Measure tells the window the text's length and its own height, in lines.
func (w *Window) Measure(total, height int) {
	w.total, w.height = total, height
	w.To(w.Offset)
}

// To moves the first visible line, as far as the text goes.
func (w *Window) To(offset int) { w.Offset = max(0, min(offset, w.total-w.height)) }

// By moves the first visible line by n.
func (w *Window) By(n int) { w.To(w.Offset + n) }

// End shows the last line.
func (w *Window) End() { w.To(w.total) }

// AtEnd says that the last line is visible.
func (w *Window) AtEnd() bool { return w.Offset >= w.total-w.height }

// Scrolls says that not everything is visible.
func (w *Window) Scrolls() bool { return w.total > w.height }

// Page moves by n pages, one line of overlap.
func (w *Window) Page(n int) { w.By(n * max(1, w.height-1)) }

// Press moves as the key says and reports whether it was a movement key.
func (w *Window) Press(msg tea.KeyPressMsg, keys keymap.Move) bool {
	switch {
	case key.Matches(msg, keys.Up):
		w.By(-1)
	case key.Matches(msg, keys.Down):
		w.By(1)
	case key.Matches(msg, keys.PageUp):
		w.Page(-1)
	case key.Matches(msg, keys.PageDown):
		w.Page(1)
	case key.Matches(msg, keys.Top):
		w.To(0)
	case key.Matches(msg, keys.Bottom):
		w.End()
	default:
		return false
	}
	return true
}

// Draw returns the visible part of the text in exactly width by height cells,
// with a scroll bar in the last column where not everything is visible.
func (w *Window) Draw(t *theme.Theme, text block.Block, width, height int) block.Block {
	w.Measure(len(text), height)
	if height <= 0 || width <= 0 {
		return block.Block{}.Fit(width, height)
	}
	visible := text[w.Offset:min(len(text), w.Offset+height)]
	if len(text) <= height || width < 4 {
		return visible.Fit(width, height)
	}
	return block.Beside(" ", visible.Fit(width-2, height), Bar(t, w.Offset, len(text), height))
}

// Bar is a scroll bar of height cells for a text of total lines, the first
// visible of which is offset.
func Bar(t *theme.Theme, offset, total, height int) block.Block {
	out := make(block.Block, max(0, height))
	thumb := max(1, height*height/max(1, total))
	at := 0
	if span := total - height; span > 0 {
		at = offset * (height - thumb) / span
	}
	for i := range out {
		if i >= at && i < at+thumb {
			out[i] = t.Faint.Render("┃")
		} else {
			out[i] = t.Line.Render("│")
		}
	}
	return out
}
