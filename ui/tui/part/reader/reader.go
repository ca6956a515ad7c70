// Package reader shows a long text in chapters: it scrolls, jumps from chapter
// to chapter, and draws an index in which the chapter being read is marked.
package reader

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/part/scroll"
	"bulkhead/ui/tui/part/section"
	"bulkhead/ui/tui/part/strip"
	"bulkhead/ui/tui/theme"
)

// Text is what is read. The zero Text is empty.
type Text struct {
	lines    block.Block
	chapters []chapter
}

// chapter is one entry of the index and the line on which it starts.
type chapter struct {
	name  string
	mark  theme.Mark
	start int
}

// Add appends a chapter, with a free line before it.
func (x *Text) Add(name string, mark theme.Mark, lines block.Block) {
	if len(x.lines) > 0 {
		x.lines = append(x.lines, "")
	}
	x.chapters = append(x.chapters, chapter{name, mark, len(x.lines)})
	x.lines = append(x.lines, lines...)
}

// Len is the number of lines.
func (x Text) Len() int { return len(x.lines) }

// Keys move in a text.
type Keys struct {
	Move           keymap.Move
	Next, Previous key.Binding
}

// NewKeys returns the keys; chapter is what a chapter is called.
func NewKeys(chapter string) Keys {
	return Keys{
		Move:     keymap.NewMove(),
		Next:     keymap.Bind("tab", "next "+chapter, "tab", "n"),
		Previous: keymap.Bind("shift+tab", "previous "+chapter, "shift+tab", "N"),
	}
}

// Reader is a place in a text. The zero Reader is at the beginning.
type Reader struct{ window scroll.Window }

// Press moves as the key says and reports whether it was a key of the reader.
func (r *Reader) Press(msg tea.KeyPressMsg, k Keys, x Text) bool {
	switch {
	case key.Matches(msg, k.Next):
		r.jump(x, 1)
	case key.Matches(msg, k.Previous):
		r.jump(x, -1)
	default:
		return r.window.Press(msg, k.Move)
	}
	return true
}

// jump scrolls to the beginning of another chapter.
func (r *Reader) jump(x Text, n int) {
	if len(x.chapters) == 0 {
		return
	}
	at := r.chapter(x)
	if n < 0 && r.window.Offset > x.chapters[at].start {
		n = 0
	}
	at = max(0, min(len(x.chapters)-1, at+n))
	r.window.To(x.chapters[at].start)
}

// chapter is the one at the top of the window.
func (r *Reader) chapter(x Text) int {
	at := 0
	for i, c := range x.chapters {
		if c.start <= r.window.Offset {
			at = i
		}
	}
	return at
}

// Measure tells the length of the text and the height of the window.
func (r *Reader) Measure(x Text, h int) { r.window.Measure(len(x.lines), h) }

// Draw draws the visible part in exactly w by h cells.
func (r *Reader) Draw(t *theme.Theme, x Text, w, h int) block.Block {
	return r.window.Draw(t, x.lines, w, h)
}

// indexWidth is the width of an index: bar, name, mark.
func indexWidth() int { return 2 + strip.NameWidth() + 1 + markWidth }

// BesideWidth is what Beside leaves to the text of w cells.
func BesideWidth(w int) int { return w - indexWidth() - 3 }

// markWidth has room for a glyph and the word of a state.
const markWidth = 9

// Beside draws the text with the index at its left, under head.
func (r *Reader) Beside(t *theme.Theme, x Text, head block.Block, w, h int) block.Block {
	text := r.Draw(t, x, BesideWidth(w), h)
	return block.Beside(section.Gap(t), r.index(t, x, head, indexWidth(), h), text)
}

func (r *Reader) index(t *theme.Theme, x Text, head block.Block, w, h int) block.Block {
	out := append(block.Block{}, head...)
	if len(head)+len(x.chapters) > h {
		out = nil
	}
	at := r.chapter(x)
	first := max(0, min(at-(h-1)/2, len(x.chapters)-h))
	for i := first; i < len(x.chapters); i++ {
		c, on := x.chapters[i], i == at
		bar := "  "
		if on {
			bar = "▌ "
		}
		word := c.mark.Glyph + " " + strip.Brief(c.mark)
		out = append(out, t.On(t.Accent, on).Render(bar)+
			t.On(t.Text, on).Render(block.Fit(c.name, w-2-markWidth))+
			t.On(c.mark.Style, on).Render(block.Fit(word, markWidth)))
	}
	return out.Fit(w, h)
}
