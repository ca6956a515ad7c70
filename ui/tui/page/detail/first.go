package detail

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/judgement"
	"bulkhead/ui/tui/theme"
)

// whatFirst heads the order in which to work.
const whatFirst = "what first"

// firstSteps are so many that a person takes them in at a glance.
const firstSteps = 5

// first draws what to do first in the workload, and why; there is something to
// do.
func first(t *theme.Theme, ranked []inspect.Ranked, w int) block.Block {
	out := block.Block{judgement.Heading(t, t.Severity(ranked[0].Severity), "what to do first, and why", w)}
	for i, r := range ranked[:min(firstSteps, len(ranked))] {
		m := t.Severity(r.Severity)
		lead := fmt.Sprintf("  %d ", i+1)
		for j, line := range block.Wrap(block.Clean(strings.Join(r.Fixes, "; ")), max(1, w-block.Width(lead)-2)) {
			glyph := m.Style.Render(m.Glyph) + " "
			if j > 0 {
				lead, glyph = "    ", "  "
			}
			out = append(out, t.Muted.Render(lead)+glyph+t.Text.Render(line))
		}
		why := m.Word + ": " + r.ID
		if r.Why != "" {
			why += "; " + r.Why
		}
		out = append(out, judgement.Indent("      ", t.Muted, block.Clean(why), w)...)
	}
	if n := len(ranked) - firstSteps; n > 0 {
		out = append(out, judgement.Indent("  ", t.Muted, fmt.Sprintf("The findings below hold %d more.", n), w)...)
	}
	return out
}
