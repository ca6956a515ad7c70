package list

import (
	"fmt"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/judgement"
	"bulkhead/ui/tui/part/section"
	"bulkhead/ui/tui/part/strip"
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
	out = append(append(out, ""), findings(t, *e, w)...)
	return out.Fit(w, h)
}

func about(t *theme.Theme, w inspect.Workload, width int) block.Block {
	out := block.Block{t.Strong.Render(block.Cut(block.Clean(w.Name), width))}
	out = append(out, t.Run(w.State).String()+t.Muted.Render("  "+block.Clean(w.Image)))
	where := judgement.Where(w.Sources.Of(""))
	if where == "" && len(w.Files) > 0 {
		where = block.Clean(w.Files[0])
	}
	if where != "" {
		out = append(out, t.Muted.Render(block.FitLeft(where, min(width, max(block.Width(where), 1)))))
	}
	return out
}

// explained are the states whose reasons are shown, from the most generous
// choice to the one for little room: what stands open comes first.
var explained = [][]inspect.State{
	strip.States(),
	{inspect.Open, inspect.Partly, inspect.Unknown},
	{inspect.Open, inspect.Unknown},
	{inspect.Open},
	{},
}

// layers draws each layer with its state's word, and as many of the reasons as
// the room allows.
func layers(t *theme.Theme, states []inspect.LayerState, w, room int) block.Block {
	for reasons := 3; reasons > 1; reasons-- {
		if out := roomy(t, states, w, reasons, explained[0]); len(out) <= room {
			return out
		}
	}
	for _, which := range explained {
		for reasons := 2; reasons > 0; reasons-- {
			if out := roomy(t, states, w, reasons, which); len(out) <= room {
				return out
			}
		}
	}
	return strip.Words(t, states, w)
}

// roomy gives the reasons of some states that many lines.
func roomy(t *theme.Theme, states []inspect.LayerState, w, reasons int, which []inspect.State) block.Block {
	var out block.Block
	for _, l := range states {
		m := t.State(l.State)
		name := m.Style.Render(m.Glyph+" ") + t.Text.Render(string(l.Layer))
		out = append(out, block.Spread(name, m.Style.Render(m.Word), w))
		if !slices.Contains(which, l.State) {
			continue
		}
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

func findings(t *theme.Theme, e entry, w int) block.Block {
	counts := map[inspect.Severity]int{}
	for _, f := range e.audited.Findings() {
		counts[f.Severity]++
	}
	if len(counts) == 0 {
		if e.unknown {
			return block.Block{t.Doubt.Render(block.Cut("? nothing found, but not every layer could be judged", w))}
		}
		return block.Block{t.Clean().Style.Render("✓ no findings")}
	}
	var out block.Block
	line := ""
	for s := inspect.Critical; s >= inspect.Info; s-- {
		if counts[s] > 0 {
			m := t.Severity(s)
			part := m.Style.Render(fmt.Sprintf("%s %d %s", m.Glyph, counts[s], m.Word))
			switch {
			case line == "":
				line = part
			case block.Width(line)+3+block.Width(part) <= w:
				line += "   " + part
			default:
				out, line = append(out, line), part
			}
		}
	}
	return append(out, line)
}
