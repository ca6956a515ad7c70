package report

import (
	"fmt"
	"io"
	"slices"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/tui/theme"
)

// Trial writes what a search found, for a person: the plan, why each of its
// settings is as it is, what was refused, and what the copies did not share with
// the original.
func Trial(w io.Writer, r trial.Result, t *theme.Theme, width int) error {
	p := &printer{t: t, width: max(60, width)}
	p.verdict(r)
	stays, why := partition(r)
	p.evidence("", why)
	p.evidence("stays as it is", stays)
	p.path(r.Trials)
	p.line("")
	for _, note := range r.Notes {
		p.block(t.Muted.Render("  note  "), inspect.Printable(note))
	}
	p.line(t.Muted.Render(fmt.Sprintf("%d runs in %.0f s on Engine %s, Linux %s", len(r.Trials), r.Seconds, inspect.Printable(r.Engine), inspect.Printable(r.Kernel))))
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// verdict writes whether a plan was proved, and the plan.
func (p *printer) verdict(r trial.Result) {
	if r.Proved {
		p.block(p.t.Good.Render("◆ proved")+"  ", fmt.Sprintf("%s works under this plan; it was run twice.", inspect.Printable(r.Workload)))
	} else {
		p.block(p.t.Fair.Render("◇ not proved")+"  ", fmt.Sprintf("No plan for %s passed twice.", inspect.Printable(r.Workload)))
	}
	for _, c := range r.Plan.Changes {
		p.block("  ", inspect.Printable(c.String()))
	}
}

// partition tells the evidence for what the plan leaves alone from that for what
// it says.
func partition(r trial.Result) (stays, why []fix.Evidence) {
	for _, e := range r.Evidence {
		if aboutPlan(r, e.Setting) {
			why = append(why, e)
		} else {
			stays = append(stays, e)
		}
	}
	return stays, why
}

// aboutPlan says that a setting is a capability, or a dial or a place that the
// plan changes.
func aboutPlan(r trial.Result, setting string) bool {
	if _, err := inspect.ParseCap(setting); err == nil {
		return true
	}
	return slices.ContainsFunc(r.Plan.Changes, func(c inspect.Change) bool {
		return string(c.Dial) == setting || c.Place() == setting
	})
}

// evidence writes one line a setting: how well it is known, and why.
func (p *printer) evidence(title string, all []fix.Evidence) {
	if len(all) == 0 {
		return
	}
	p.line("")
	if title != "" {
		p.line(p.t.Strong.Render(title))
	}
	room := 0
	for _, e := range all {
		room = max(room, min(26, len(inspect.Printable(e.Setting))))
	}
	for _, e := range all {
		lead := fmt.Sprintf("  %s  %s  ", pad(p.t.Strength(e.Strength).String(), len("* observed")), pad(inspect.Printable(e.Setting), room))
		p.block(lead, inspect.Printable(e.Text))
	}
}

// path writes the trials in the order they were run, where evidence led to one
// or a person asked for it: with the reason.
func (p *printer) path(trials []trial.Trial) {
	titled := false
	for _, t := range trials {
		if t.Because == "" && !t.Judged {
			continue
		}
		if !titled {
			p.line("")
			p.line(p.t.Strong.Render("what led where"))
			titled = true
		}
		p.block(fmt.Sprintf("  %2d  %-6s  ", t.N, t.Verdict), inspect.Printable(t.Purpose)+judged(t))
		if t.Because != "" {
			p.block("              ", p.t.Muted.Render("because: "+inspect.Printable(t.Because)))
		}
	}
}

func judged(t trial.Trial) string {
	if !t.Judged {
		return ""
	}
	return " (the verdict is yours)"
}
