// Package detail is one workload in full: every layer with its question, its
// state and the reason, what was found, with the evidence, why it matters, what
// mends it and where it is set, and the processes that run now.
package detail

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/memo"
	"bulkhead/ui/tui/part/reader"
	"bulkhead/ui/tui/theme"
)

// Try asks for trials on a copy of the workload, Watch that it be observed.
type (
	Try   struct{ Workload inspect.Workload }
	Watch struct{ Workload inspect.Workload }
)

// Show hands the page what a later audit says; it takes over what is said of its
// own workload.
type Show struct{ Workloads []inspect.Audited }

// Page is the detail of one workload. Use New.
type Page struct {
	audited inspect.Audited
	theme   *theme.Theme
	size    page.Size
	keys    keyMap
	reader  reader.Reader
	text    memo.Pane[textKey, reader.Text]
	// version counts the audits that were shown.
	version int
}

type textKey struct {
	w, version int
	theme      *theme.Theme
}

// New returns the page of a workload.
func New(a inspect.Audited, t *theme.Theme) *Page {
	return &Page{audited: a, theme: t, keys: newKeys()}
}

// Update handles a message.
func (p *Page) Update(msg tea.Msg) (page.Request, tea.Cmd) {
	switch msg := msg.(type) {
	case Show:
		p.show(msg)
	case tea.KeyPressMsg:
		switch {
		case key.Matches(msg, p.keys.back):
			return page.Back{}, nil
		case key.Matches(msg, p.keys.try):
			return Try{p.audited.Workload}, nil
		case key.Matches(msg, p.keys.watch):
			return Watch{p.audited.Workload}, nil
		}
		p.reader.Press(msg, p.keys.read, p.document())
	}
	return nil, nil
}

// show takes over what is said of the same workload. Where it is gone, the page
// stays as it was.
func (p *Page) show(msg Show) {
	for _, a := range msg.Workloads {
		if a.Workload.Name == p.audited.Workload.Name {
			p.audited = a
			p.version++
			p.reader.Measure(p.document(), p.size.H)
			return
		}
	}
}

func (p *Page) document() reader.Text {
	w := p.size.W
	if p.size.Width == page.Wide {
		w = reader.BesideWidth(w)
	}
	return p.text.Get(textKey{w, p.version, p.theme}, func() reader.Text { return write(p.theme, p.audited, w-2) })
}

// View draws the page.
func (p *Page) View() block.Block {
	if p.size.Width != page.Wide {
		return p.reader.Draw(p.theme, p.document(), p.size.W, p.size.H)
	}
	t, w := p.theme, p.audited.Workload
	return p.reader.Beside(t, p.document(), block.Block{
		t.Strong.Render(page.Name(w)), t.Run(w.State).String(), t.Muted.Render(block.Clean(w.Image)), "",
	}, p.size.W, p.size.H)
}

// SetSize gives the page its room.
func (p *Page) SetSize(s page.Size) {
	p.size = s
	p.reader.Measure(p.document(), s.H)
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
