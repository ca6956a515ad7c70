package report

import (
	"fmt"
	"io"

	"bulkhead/ui/seen"
	"bulkhead/ui/tui/part/spark"
	"bulkhead/ui/tui/theme"
)

// mostLines bounds each section; the JSON has the whole.
const mostLines = 20

// Observed writes what watching a container showed, for a person.
func Observed(w io.Writer, a seen.Account, t *theme.Theme, width int) error {
	p := &printer{t: t, width: max(60, width)}
	for i, s := range a.Sections {
		if i > 0 {
			p.line("")
		}
		word := p.t.Muted.Render(s.Word)
		if s.Grave {
			word = p.t.Fair.Render("! " + s.Word)
		}
		p.line(p.t.Strong.Render(s.Title) + "  " + word)
		for _, line := range s.Lines[:min(len(s.Lines), mostLines)] {
			p.block("  ", line)
		}
		if extra := len(s.Lines) - mostLines; extra > 0 {
			p.line(p.t.Muted.Render(fmt.Sprintf("  … and %d more; --format json has them all", extra)))
		}
	}
	p.line("")
	p.line(p.t.Strong.Render("long enough?"))
	if len(a.Curve) > 2 {
		p.line("  new in its course  " + p.t.Accent.Render(spark.Line(a.Curve, 40)))
	}
	if len(a.Runs) > 1 {
		p.line("  new in each run    " + p.t.Accent.Render(spark.Line(a.Runs, 40)))
	}
	for _, line := range a.Enough {
		p.block("  ", line)
	}
	p.block(p.t.Muted.Render("* "), a.Source)
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("writing what was observed: %w", err)
	}
	return nil
}
