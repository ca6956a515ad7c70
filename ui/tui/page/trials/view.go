package trials

import (
	"fmt"
	"slices"
	"time"

	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/capgrid"
	"bulkhead/ui/tui/part/section"
)

// View draws the page.
func (p *Page) View() block.Block {
	w, h := p.size.W, p.size.H
	status := p.status(w, h)
	rest := h - len(status)
	if rest <= 0 {
		return status.Fit(w, h)
	}
	var body block.Block
	if p.size.Width == page.Wide {
		body = p.wide(w, rest)
	} else {
		body = p.left.Get(p.key(), func() block.Block { return p.single(w, rest) })
	}
	return append(status, body...).Fit(w, h)
}

func (p *Page) key() paneKey {
	frame := 0
	if p.Busy() {
		frame = p.frame
	}
	return paneKey{p.version, frame, p.window.Offset, p.size, p.theme}
}

// status says in one line how far it is, with a free line under it where there
// is room.
func (p *Page) status(w, h int) block.Block {
	t := p.theme
	var left string
	switch p.phase {
	case asking:
		left = t.Accent.Render(page.Spin(p.frame)) + t.Text.Render(" Looking whether earlier trials can be carried on")
	case turn:
		left = t.Fair.Render("‖ Your turn: ") + t.Strong.Render(page.Name(p.workload))
	case running:
		if p.leader.pausing() {
			left = t.Fair.Render(page.Spin(p.frame) + " Pausing: it waits for you after the next answer")
			break
		}
		left = t.Accent.Render(page.Spin(p.frame)+" Trying copies of ") + t.Strong.Render(page.Name(p.workload))
	case stopping:
		left = t.Fair.Render(page.Spin(p.frame) + " Cleaning up: the copy is being removed")
	case proved:
		left = t.Done.Render("✓ Proved") + t.Text.Render(": "+p.proof())
	case unproved:
		left = t.Fair.Render("! Ended without a proved plan")
	case stopped:
		left = t.Muted.Render("■ Stopped, everything removed")
	case failed:
		left = t.Alarm.Render("✗ Could not be finished")
	}
	right := t.Muted.Render(fmt.Sprintf("%s   %s", count(len(p.record.steps)), clock(p.elapsed)))
	out := block.Block{block.Spread(left, right, w)}
	if h >= 14 {
		out = append(out, "")
	}
	return out
}

// proof says in a few words what was proved.
func (p *Page) proof() string {
	name := page.Name(p.workload)
	keep, ok := p.end.Result.Plan.Capabilities()
	switch granted := p.end.Result.Granted.Len(); {
	case !ok:
		return name + " works under the plan"
	case keep == 0:
		return name + " works without any capability"
	default:
		return fmt.Sprintf("%s works with %d of its %d capabilities", name, keep.Len(), granted)
	}
}

func count(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

// clock writes a duration as minutes and seconds.
func clock(d time.Duration) string {
	s := int(max(0, d).Seconds())
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// wide has steps and evidence on the left, capabilities and the lower pane on
// the right.
func (p *Page) wide(w, h int) block.Block {
	left := (w - 3) * 48 / 100
	right := w - 3 - left
	l := p.left.Get(p.key(), func() block.Block {
		evidence := p.text(evidencePane, left)
		// The evidence begins at the same line for most searches, and gives way
		// to the steps of a long one.
		room := max(h*45/100, len(p.record.steps)+1)
		room = min(room, h-2-min(len(evidence), max(4, h/3)))
		out := append(p.steps(left, room), "", section.Head(p.theme, "Evidence", "", left))
		return append(out, evidence...).Fit(left, h)
	})
	r := p.right.Get(p.key(), func() block.Block {
		out := p.grid(right, h-8)
		if len(out) > 0 {
			out = append(out, "")
		}
		return append(out, p.lower(right, h-len(out))...).Fit(right, h)
	})
	return block.Beside(section.Gap(p.theme), l, r)
}

// single is one pane: capabilities, steps, and the lower pane. While trials run
// the capabilities come first, afterwards the plan does.
func (p *Page) single(w, h int) block.Block {
	if h < 6 {
		return p.steps(w, h).Fit(w, h)
	}
	lower := max(3, h*28/100)
	switch {
	case p.phase == turn:
		lower = max(3, h*42/100)
	case !p.running():
		lower = max(3, h*65/100)
	}
	var out block.Block
	if grid := p.grid(w, h-lower-5); len(grid) > 0 {
		out = append(append(out, grid...), "")
	}
	room := min(h-len(out)-lower, max(4, len(p.record.steps)+1))
	out = append(out, p.steps(w, room)...)
	if h > 12 {
		out = append(out, "")
	}
	return append(out, p.lower(w, h-len(out))...).Fit(w, h)
}

// grid is the capabilities with their legend, or nothing where they do not fit.
func (p *Page) grid(w, h int) block.Block {
	g := p.record.current()
	rows := capgrid.Rows(g, w)
	title := fmt.Sprintf("%d granted", g.Granted.Len())
	spin := ""
	if p.running() {
		spin = page.Spin(p.frame)
	}
	legend := capgrid.Legend(p.theme, g, w, spin)
	switch {
	case rows+1+len(legend) <= h:
		out := block.Block{section.Head(p.theme, "Capabilities", title, w)}
		return append(append(out, capgrid.Draw(p.theme, g, w, spin)...), legend...)
	case p.running() && len(legend)+1 <= h:
		return append(block.Block{section.Head(p.theme, "Capabilities", title, w)}, legend...)
	}
	return nil
}

// lower is the pane that tab turns.
func (p *Page) lower(w, h int) block.Block {
	if h <= 0 {
		return nil
	}
	all := p.shownPanes()
	shown := p.pane
	at := slices.Index(all, shown)
	if at < 0 {
		shown = logPane
		at = slices.Index(all, shown)
	}
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = p.tab(one)
	}
	out := block.Block{section.Tabs(p.theme, names, at, w)}
	text := p.text(shown, w-2)
	if shown == logPane && p.tailing {
		p.window.Measure(len(text), h-1)
		p.window.End()
	}
	return append(out, p.window.Draw(p.theme, text, w, h-1)...)
}

func (p *Page) tab(one pane) string {
	switch {
	case one == resultPane && p.phase == proved:
		return "Plan"
	case one == logPane:
		if s, ok := p.selected(); ok {
			return fmt.Sprintf("Log of step %d", s.n)
		}
	case one == notesPane:
		return fmt.Sprintf("Notes %d", len(p.notes()))
	}
	return one.String()
}
