// Package detail is one workload in full: every layer with its question, its
// state and the reason, and what was found, with the evidence, why it matters,
// what mends it and where it is set.
package detail

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/memo"
	"bulkhead/ui/tui/part/scroll"
	"bulkhead/ui/tui/part/section"
	"bulkhead/ui/tui/theme"
)

// Try asks for trials on a copy of the workload.
type Try struct{ Workload inspect.Workload }

// Page is the detail of one workload. Use New.
type Page struct {
	audited inspect.Audited
	theme   *theme.Theme
	size    page.Size
	keys    keyMap
	window  scroll.Window
	text    memo.Pane[textKey, document]
}

type textKey struct {
	w     int
	theme *theme.Theme
}

// New returns the page of a workload.
func New(a inspect.Audited, t *theme.Theme) *Page {
	return &Page{audited: a, theme: t, keys: newKeys()}
}

// Update handles a message.
func (p *Page) Update(msg tea.Msg) (page.Request, tea.Cmd) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, nil
	}
	switch {
	case key.Matches(press, p.keys.back):
		return page.Back{}, nil
	case key.Matches(press, p.keys.try):
		return Try{p.audited.Workload}, nil
	case key.Matches(press, p.keys.next):
		p.jump(1)
	case key.Matches(press, p.keys.previous):
		p.jump(-1)
	default:
		p.window.Press(press, p.keys.move)
	}
	return nil, nil
}

// jump scrolls to the beginning of another layer.
func (p *Page) jump(n int) {
	doc := p.document()
	at := p.layer(doc)
	if n < 0 && p.window.Offset > doc.starts[at] {
		n = 0
	}
	at = max(0, min(len(doc.starts)-1, at+n))
	p.window.To(doc.starts[at])
}

// layer is the layer at the top of the window; at the end of the text, the last
// one that could be jumped to.
func (p *Page) layer(doc document) int {
	at := 0
	for i, start := range doc.starts {
		if start <= p.window.Offset {
			at = i
		}
	}
	return at
}

// Columns of the two panes.
const indexWidth = 33

func (p *Page) textWidth() int {
	if p.size.Width == page.Wide {
		return p.size.W - indexWidth - 3
	}
	return p.size.W
}

func (p *Page) document() document {
	w := p.textWidth()
	return p.text.Get(textKey{w, p.theme}, func() document { return write(p.theme, p.audited, w-2) })
}

// View draws the page.
func (p *Page) View() block.Block {
	doc, h := p.document(), p.size.H
	text := p.window.Draw(p.theme, doc.text, p.textWidth(), h)
	if p.size.Width != page.Wide {
		return text
	}
	return block.Beside(section.Gap(p.theme), p.index(doc).Fit(indexWidth, h), text)
}

// index is the left pane: the layers, the one being read marked.
func (p *Page) index(doc document) block.Block {
	t, w := p.theme, p.audited.Workload
	out := block.Block{
		t.Strong.Render(block.Cut(page.Name(w), indexWidth)),
		t.Run(w.State).String(),
		t.Muted.Render(block.Cut(block.Clean(w.Image), indexWidth)),
		"",
	}
	at := p.layer(doc)
	for i, l := range p.audited.Layers {
		m, on := t.State(l.State), i == at
		bar := "  "
		if on {
			bar = "▌ "
		}
		name := block.Fit(string(l.Layer), 22)
		word := m.Glyph + " " + m.Word
		if l.State == inspect.NotApplicable {
			word = m.Glyph + " n/a"
		}
		line := t.On(t.Accent, on).Render(bar) + t.On(t.Text, on).Render(name) + t.On(m.Style, on).Render(block.Fit(word, indexWidth-24))
		out = append(out, line)
	}
	return out
}

// SetSize gives the page its room.
func (p *Page) SetSize(s page.Size) {
	p.size = s
	p.window.Measure(len(p.document().text), s.H)
}

// SetTheme changes the styles.
func (p *Page) SetTheme(t *theme.Theme) { p.theme = t }

// Crumb is the workload's name.
func (p *Page) Crumb() string { return block.Clean(p.audited.Workload.Name) }

// Busy is never so.
func (p *Page) Busy() bool { return false }

// Typing is never so.
func (p *Page) Typing() bool { return false }

var _ page.Page = (*Page)(nil)
