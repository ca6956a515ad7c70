package list

import (
	"fmt"

	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/section"
)

// View draws the page.
func (p *Page) View() block.Block {
	w, h := p.size.W, p.size.H
	switch {
	case p.reading():
	case !p.loaded && p.err != nil:
		return p.failure(w, h)
	case !p.loaded:
		return p.waiting(w, h)
	case len(p.entries) == 0:
		return p.empty(w, h)
	}
	if p.size.Width != page.Wide {
		return p.panes.list.Get(p.key(w, h), func() block.Block { return p.drawSingle(w, h) })
	}
	// The list keeps room for names beside the strip.
	right := max(36, min(w*43/100, w-72))
	left := w - right - 3
	list := p.panes.list.Get(p.key(left, h), func() block.Block { return p.drawList(left, h) })
	summary := p.panes.summary.Get(p.key(right, h), func() block.Block { return p.drawSummary(right, h) })
	return block.Beside(section.Gap(p.theme), list, summary)
}

func (p *Page) key(w, h int) paneKey { return paneKey{p.version, w, h, p.theme} }

func (p *Page) waiting(w, h int) block.Block {
	t := p.theme
	return block.Block{t.Accent.Render(page.Spin(p.frame)) + t.Text.Render(" Looking at the engine and its containers…")}.Center(w, h)
}

func (p *Page) failure(w, h int) block.Block {
	inner := min(72, w)
	out := page.Failure(p.theme, "The engine could not be looked at", p.err, inner)
	out = append(out, "")
	if p.loading {
		out = append(out, p.theme.Accent.Render(page.Spin(p.frame))+p.theme.Muted.Render(" Looking again…"))
	} else {
		out = append(out, p.theme.Key.Render("r")+p.theme.Muted.Render(" looks again"))
	}
	return out.Center(w, h)
}

func (p *Page) empty(w, h int) block.Block {
	t := p.theme
	out := block.Block{
		t.Strong.Render("No containers here yet."),
		"",
		t.Muted.Render("Practice services show how it works. In a shell:"),
		"",
		"  " + t.Accent.Render("bulkhead lab"),
		"",
		t.Muted.Render("Or start a container of your own, then press ") + t.Key.Render("r") + t.Muted.Render("."),
	}
	if lines := p.banner(min(64, w), max(0, h-len(out)-1)); len(lines) > 0 {
		out = append(append(out, ""), lines...)
	}
	return out.Center(w, h)
}

// banner says what could not be looked at and why the list may be old, in at
// most h lines.
func (p *Page) banner(w, h int) block.Block {
	t := p.theme
	var out block.Block
	if p.err != nil {
		out = append(out, warning(p, "Looking again failed, this is from before: "+p.err.Error(), w)...)
	}
	for _, problem := range p.audit.Problems {
		out = append(out, warning(p, problem, w)...)
	}
	if len(out) <= h {
		return out
	}
	if h <= 0 {
		return nil
	}
	n := len(p.audit.Problems)
	rest := fmt.Sprintf("! %d not looked at; p shows them", n)
	if n == 0 {
		return out[:h]
	}
	return append(out[:h-1:h-1], t.Fair.Render(block.Cut(rest, w)))
}

func warning(p *Page, text string, w int) block.Block {
	var out block.Block
	for i, line := range block.Wrap(block.Clean(text), max(1, w-2)) {
		lead := "  "
		if i == 0 {
			lead = "! "
		}
		out = append(out, p.theme.Fair.Render(lead+line))
	}
	return out
}
