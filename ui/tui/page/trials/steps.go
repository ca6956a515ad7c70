package trials

import (
	"fmt"

	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/section"
	"bulkhead/ui/tui/theme"
)

// secondsWidth is from how many cells on the table tells the seconds.
const secondsWidth = 44

// steps is the table of what was run, the newest in sight unless another is
// selected.
func (p *Page) steps(w, h int) block.Block {
	if h <= 0 {
		return nil
	}
	columns := "verdict  seconds"
	if w < secondsWidth {
		columns = "verdict  "
	}
	out := block.Block{section.Head(p.theme, "Steps", columns, w)}
	room := h - 1
	all := p.record.steps
	if len(all) == 0 && p.phase == turn {
		return append(out, p.theme.Muted.Render("  Nothing has run yet.")).Fit(w, h)
	}
	if len(all) == 0 {
		return append(out, p.theme.Muted.Render("  The first copy is being made.")).Fit(w, h)
	}
	first := max(0, min(p.cursor-room+1, len(all)-room))
	if p.cursor < first {
		first = p.cursor
	}
	for i := first; i < len(all) && i < first+room; i++ {
		out = append(out, p.step(all[i], i == p.cursor, w))
	}
	return out.Fit(w, h)
}

func (p *Page) step(s step, selected bool, w int) string {
	t := p.theme
	on := func(style theme.Style, text string) string { return t.On(style, selected).Render(text) }
	bar, text := "  ", t.Text
	if selected {
		bar, text = "▌ ", t.Strong
	}
	if s.skipped {
		text = t.Faint
	}
	verdict := p.verdict(s)
	seconds := ""
	if s.verdict != "" {
		seconds = fmt.Sprintf("%.1f", s.seconds)
	}
	left := on(t.Accent, bar) + on(t.Muted, fmt.Sprintf("%2d  ", s.n))
	right := on(verdict.Style, block.Fit(verdict.Glyph+" "+verdict.Word, 9)) + on(t.Muted, fmt.Sprintf("%7s", seconds))
	if w < secondsWidth {
		right = on(verdict.Style, block.Fit(verdict.Glyph+" "+verdict.Word, 9))
	}
	room := w - block.Width(left) - block.Width(right) - 1
	if room < 6 {
		return block.Fit(left+on(verdict.Style, verdict.Glyph+" ")+on(text, s.purpose), w)
	}
	return left + on(text, block.Fit(s.purpose, room)+" ") + right
}

func (p *Page) verdict(s step) theme.Mark {
	switch {
	case s.verdict != "":
		return p.theme.Verdict(s.verdict)
	case s.skipped:
		return theme.Mark{Glyph: "-", Word: "skipped", Style: p.theme.Faint}
	case s.cut:
		return theme.Mark{Glyph: "-", Word: "stopped", Style: p.theme.Muted}
	}
	return theme.Mark{Glyph: page.Spin(p.frame), Word: "running", Style: p.theme.Calm}
}
