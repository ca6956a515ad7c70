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

// selected is the workload under the cursor, the zero one where there is none.
func (p *Page) selected() inspect.Workload {
	if e := p.current(); e != nil {
		return e.audited.Workload
	}
	return inspect.Workload{}
}

// refilter works out the rows and keeps the workload selected, on the line of
// the screen where it stands. Where it is gone, the one at that place is, counted
// in workloads.
func (p *Page) refilter(selected inspect.Workload, place int) {
	line := p.cursor - p.offset
	p.rows = rows(p.entries, p.filter())
	p.cursor = -1
	best, n := 0, 0
	for i, r := range p.rows {
		if !r.selectable() {
			continue
		}
		if match := same(p.entries[r.item].audited.Workload, selected); p.cursor < 0 || match > best || best == 0 && n <= place {
			p.cursor, best = i, match
		}
		n++
	}
	p.offset = max(0, p.cursor-line)
	p.version++
}

// ordinal counts the workloads above the cursor.
func (p *Page) ordinal() int {
	n := 0
	for i := 0; i < p.cursor && i < len(p.rows); i++ {
		if p.rows[i].selectable() {
			n++
		}
	}
	return n
}

// same says how well a workload is the one that was selected, of which only a
// name may be known: 3 has its container and name too, 2 its name, 1 another
// name that a person could use, 0 is another workload.
func same(w, selected inspect.Workload) int {
	name := selected.Name
	switch {
	case name == "":
		return 0
	case w.Name == name && w.ID == selected.ID:
		return 3
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
