package report

import (
	"fmt"
	"io"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/tui/theme"
)

// Trial writes what a search found, for a person: the plan, why each of its
// settings is as it is, and what the copies did not share with the original.
func Trial(w io.Writer, r trial.Result, t *theme.Theme, width int) error {
	p := &printer{t: t, width: max(60, width)}
	if r.Proved {
		p.block(t.Good.Render("◆ proved")+"  ", fmt.Sprintf("%s works under this plan; it was run twice.", inspect.Printable(r.Workload)))
	} else {
		p.block(t.Fair.Render("◇ not proved")+"  ", fmt.Sprintf("No plan for %s passed twice.", inspect.Printable(r.Workload)))
	}
	for _, c := range r.Plan.Changes {
		p.block("  ", inspect.Printable(c.String()))
	}
	p.line("")
	room := 0
	for _, e := range r.Evidence {
		room = max(room, min(26, len(inspect.Printable(e.Setting))))
	}
	for _, e := range r.Evidence {
		lead := fmt.Sprintf("  %s  %s  ", pad(t.Strength(e.Strength).String(), len("* observed")), pad(inspect.Printable(e.Setting), room))
		p.block(lead, inspect.Printable(e.Text))
	}
	p.line("")
	for _, note := range r.Notes {
		p.block(t.Muted.Render("  note  "), inspect.Printable(note))
	}
	p.line(t.Muted.Render(fmt.Sprintf("%d runs in %.0f s on Engine %s, Linux %s", len(r.Trials), r.Seconds, inspect.Printable(r.Engine), inspect.Printable(r.Kernel))))
	if r.Proved {
		p.line(fmt.Sprintf("Next: bulkhead write %s", inspect.Printable(r.Workload)))
	}
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}
