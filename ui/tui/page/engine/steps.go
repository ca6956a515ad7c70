package engine

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"bulkhead/fix/daemon"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/judgement"
	"bulkhead/ui/tui/part/reader"
	"bulkhead/ui/tui/theme"
)

// Guide knows the steps to an engine whose root is not the host's, and how far
// each is.
type Guide interface {
	Steps(ctx context.Context) map[daemon.Road][]daemon.Step
}

// Guided carries the steps to the page.
type Guided struct {
	Page  *Page
	Steps map[daemon.Road][]daemon.Step
}

// Start asks for the steps.
func (p *Page) Start() tea.Cmd {
	if p.guide == nil {
		return nil
	}
	return p.work.Cmd(func(ctx context.Context) tea.Msg { return Guided{p, p.guide.Steps(ctx)} })
}

// roads adds the steps of each road, those that are done in one line.
func roads(t *theme.Theme, x *reader.Text, all map[daemon.Road][]daemon.Step, w int) {
	for _, road := range daemon.Roads() {
		steps := all[road]
		if len(steps) == 0 {
			continue
		}
		done := 0
		var body block.Block
		for i, s := range steps {
			if s.State == daemon.Done {
				done++
			}
			body = append(body, step(t, i+1, s, w)...)
		}
		m := theme.Mark{Glyph: "◐", Word: fmt.Sprintf("%d of %d done", done, len(steps)), Style: t.Fair}
		if done == len(steps) {
			m = theme.Mark{Glyph: "●", Word: "done", Style: t.Good}
		}
		name := "to " + string(road)
		x.Add(name, m, append(block.Block{judgement.Heading(t, m, name, w)}, body...))
	}
}

func step(t *theme.Theme, n int, s daemon.Step, w int) block.Block {
	mark := "?"
	style := t.Doubt
	switch s.State {
	case daemon.Done:
		mark, style = "✓", t.Good
	case daemon.Open:
		mark, style = "✗", t.Fair
	}
	out := judgement.Indent("  ", style, fmt.Sprintf("%s %d. %s", mark, n, block.Clean(s.Do)), w)
	add := func(style theme.Style, text string) {
		if text != "" {
			out = append(out, judgement.Indent("       ", style, block.Clean(text), w)...)
		}
	}
	add(t.Muted, string(s.State)+": "+s.Seen)
	if s.State == daemon.Done {
		return out
	}
	add(t.Text, s.Why)
	add(t.Text, s.Cost)
	for _, command := range s.Commands {
		add(t.Accent, "$ "+command)
	}
	return out
}
