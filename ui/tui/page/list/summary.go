package list

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/section"
	"bulkhead/ui/tui/theme"
)

// drawSummary is the right pane: the selected workload in words.
func (p *Page) drawSummary(w, h int) block.Block {
	e := p.current()
	if e == nil {
		return block.Block{}.Fit(w, h)
	}
	t := p.theme
	out := about(t, e.audited.Workload, w)
	out = append(out, "", section.Head(t, "Layers", "", w))
	room := h - len(out) - 2
	out = append(out, layers(t, e.audited.Layers, w, room)...)
	out = append(out, "", findings(t, *e))
	return out.Fit(w, h)
}

func about(t *theme.Theme, w inspect.Workload, width int) block.Block {
	out := block.Block{t.Strong.Render(block.Cut(block.Clean(w.Name), width))}
	out = append(out, t.Run(w.State).String()+t.Muted.Render("  "+block.Clean(w.Image)))
	where := page.Where(w.Sources.Of(""))
	if where == "" && len(w.Files) > 0 {
		where = block.Clean(w.Files[0])
	}
	if where != "" {
		out = append(out, t.Muted.Render(block.FitLeft(where, min(width, max(block.Width(where), 1)))))
	}
	return out
}

// layers draws each layer with its state's word and the reason, with as many
// lines for the reasons as the room allows.
func layers(t *theme.Theme, states []inspect.LayerState, w, room int) block.Block {
	for reasons := 3; reasons > 0; reasons-- {
		if out := roomy(t, states, w, reasons); len(out) <= room {
			return out
		}
	}
	var out block.Block
	for _, l := range states {
		m := t.State(l.State)
		out = append(out, m.Style.Render(block.Fit(m.Glyph+" "+short(m), 10))+t.Text.Render(block.Fit(string(l.Layer), 21))+t.Muted.Render(block.Clean(l.Reason)))
	}
	return out
}

// short is the word of a state where there is no room for two.
func short(m theme.Mark) string {
	if len(m.Word) > 8 {
		return "n/a"
	}
	return m.Word
}

func roomy(t *theme.Theme, states []inspect.LayerState, w, reasons int) block.Block {
	var out block.Block
	for _, l := range states {
		m := t.State(l.State)
		name := m.Style.Render(m.Glyph+" ") + t.Text.Render(string(l.Layer))
		out = append(out, block.Spread(name, m.Style.Render(m.Word), w))
		for _, line := range firstLines(block.Wrap(block.Clean(l.Reason), w-2), reasons, w-2) {
			out = append(out, "  "+t.Muted.Render(line))
		}
	}
	return out
}

// firstLines keeps n lines and marks the last where more follow.
func firstLines(lines block.Block, n, w int) block.Block {
	if len(lines) <= n {
		return lines
	}
	out := append(block.Block{}, lines[:n]...)
	out[n-1] = block.Cut(out[n-1]+" "+strings.TrimSpace(lines[n]), w)
	return out
}

func findings(t *theme.Theme, e entry) string {
	counts := map[inspect.Severity]int{}
	for _, f := range e.audited.Findings() {
		counts[f.Severity]++
	}
	if len(counts) == 0 {
		if e.unknown {
			return t.Doubt.Render("? nothing found, but not every layer could be judged")
		}
		return t.Clean().Style.Render("✓ no findings")
	}
	var parts []string
	for s := inspect.Critical; s >= inspect.Info; s-- {
		if counts[s] > 0 {
			m := t.Severity(s)
			parts = append(parts, m.Style.Render(fmt.Sprintf("%s %d %s", m.Glyph, counts[s], m.Word)))
		}
	}
	return strings.Join(parts, "   ")
}
