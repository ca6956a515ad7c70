// Package engine is the page of the engine itself: what it and its host are and
// offer, what was found of its own layer, how its daemon is configured as far as
// that could be read, whether anything would notice a break-in, and the steps to
// an engine whose root is not the host's.
package engine

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"bulkhead/fix/daemon"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/memo"
	"bulkhead/ui/tui/part/reader"
	"bulkhead/ui/tui/theme"
	"bulkhead/ui/tui/work"
	"bulkhead/ui/workbench"
)

// Show hands the page what a later audit says.
type Show struct{ Audit workbench.Audit }

// Reload asks that the engine be looked at again.
type Reload struct{}

// Page is the engine. Use New.
type Page struct {
	audit  workbench.Audit
	theme  *theme.Theme
	size   page.Size
	keys   keyMap
	guide  Guide
	work   *work.Group
	steps  map[daemon.Road][]daemon.Step
	reader reader.Reader
	text   memo.Pane[textKey, reader.Text]
	// version counts what was shown: audits and steps.
	version int
}

type textKey struct {
	w, version int
	theme      *theme.Theme
}

// New returns the page of the engine that was looked at. Without a guide it has
// no steps.
func New(a workbench.Audit, g Guide, calls *work.Group, t *theme.Theme) *Page {
	return &Page{audit: a, guide: g, work: calls, theme: t, keys: newKeys()}
}

// Update handles a message.
func (p *Page) Update(msg tea.Msg) (page.Request, tea.Cmd) {
	switch msg := msg.(type) {
	case Show:
		p.audit = msg.Audit
		p.changed()
		return nil, p.Start()
	case Guided:
		if msg.Page == p {
			p.steps = msg.Steps
			p.changed()
		}
	case tea.KeyPressMsg:
		switch {
		case key.Matches(msg, p.keys.back):
			return page.Back{}, nil
		case key.Matches(msg, p.keys.reload):
			return Reload{}, nil
		}
		p.reader.Press(msg, p.keys.read, p.document())
	}
	return nil, nil
}

func (p *Page) changed() {
	p.version++
	p.reader.Measure(p.document(), p.size.H)
}

func (p *Page) document() reader.Text {
	w := p.size.W
	if p.size.Width == page.Wide {
		w = reader.BesideWidth(w)
	}
	return p.text.Get(textKey{w, p.version, p.theme}, func() reader.Text {
		x := write(p.theme, p.audit, max(1, w-2))
		roads(p.theme, &x, p.steps, max(1, w-2))
		return x
	})
}

// View draws the page.
func (p *Page) View() block.Block {
	if p.size.Width != page.Wide {
		return p.reader.Draw(p.theme, p.document(), p.size.W, p.size.H)
	}
	t, h := p.theme, p.audit.Host
	head := block.Block{t.Strong.Render("The engine"), t.Muted.Render(block.Clean(h.Endpoint)), ""}
	return p.reader.Beside(t, p.document(), head, p.size.W, p.size.H)
}

// SetSize gives the page its room.
func (p *Page) SetSize(s page.Size) {
	p.size = s
	p.reader.Measure(p.document(), s.H)
}

// SetTheme changes the styles.
func (p *Page) SetTheme(t *theme.Theme) { p.theme = t }

// Crumb is the page's name in the path.
func (p *Page) Crumb() string { return "engine" }

// Busy is never so; the list looks.
func (p *Page) Busy() bool { return false }

// Typing is never so.
func (p *Page) Typing() bool { return false }

var _ page.Page = (*Page)(nil)
