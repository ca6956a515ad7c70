package list

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/keymap"
)

// current is the selected entry, nil where there is none.
func (p *Page) current() *entry {
	if p.cursor < 0 || p.cursor >= len(p.rows) || !p.rows[p.cursor].selectable() {
		return nil
	}
	return &p.entries[p.rows[p.cursor].item]
}

func (p *Page) selectedName() string {
	if e := p.current(); e != nil {
		return e.audited.Workload.Name
	}
	return ""
}

// refilter works out the rows and keeps the named workload selected, or selects
// the first.
func (p *Page) refilter(selected string) {
	p.rows = rows(p.entries, p.query())
	p.cursor = -1
	best := 0
	for i, r := range p.rows {
		if !r.selectable() {
			continue
		}
		if match := named(p.entries[r.item].audited.Workload, selected); p.cursor < 0 || match > best {
			p.cursor, best = i, match
		}
	}
	p.offset = 0
	p.version++
}

// named says how well the name means the workload: 2 is its own name, 1 another
// that a person could use, 0 not at all.
func named(w inspect.Workload, name string) int {
	switch {
	case name == "":
		return 0
	case w.Name == name:
		return 2
	case w.Container == name || w.Service == name:
		return 1
	}
	return 0
}

func (p *Page) move(msg tea.KeyPressMsg, k keymap.Move) {
	const far = 1 << 20
	switch {
	case key.Matches(msg, k.Up):
		p.step(-1)
	case key.Matches(msg, k.Down):
		p.step(1)
	case key.Matches(msg, k.PageUp):
		p.step(-max(1, p.size.H-4))
	case key.Matches(msg, k.PageDown):
		p.step(max(1, p.size.H-4))
	case key.Matches(msg, k.Top):
		p.step(-far)
	case key.Matches(msg, k.Bottom):
		p.step(far)
	}
}

// step moves the cursor by n workloads, over the headers.
func (p *Page) step(n int) {
	p.version++
	dir := 1
	if n < 0 {
		dir, n = -1, -n
	}
	for i := p.cursor + dir; n > 0 && i >= 0 && i < len(p.rows); i += dir {
		if p.rows[i].selectable() {
			p.cursor = i
			n--
		}
	}
}

// follow moves the window of h rows so that the cursor is in it, with the
// header above it where there is room.
func (p *Page) follow(h int) {
	if h <= 0 {
		return
	}
	first := max(0, p.cursor)
	if h > 1 && first > 0 && p.rows[first-1].header {
		first--
	}
	p.offset = min(p.offset, first)
	p.offset = max(p.offset, p.cursor-h+1)
	p.offset = max(0, min(p.offset, len(p.rows)-h))
}
