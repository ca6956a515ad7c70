package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/inspect"
	"bulkhead/ui/policy"
	"bulkhead/ui/tui/theme"
)

// Table writes the audit for a person: the engine, a line for each workload with
// the state of its layers, then what to do first, then each workload's findings
// with evidence, source and mend, then what was set aside. width bounds the
// lines; it is at least 60.
func Table(w io.Writer, o policy.Outcome, t *theme.Theme, width int) error {
	a := o.Audit
	p := &printer{t: t, width: max(60, width)}
	p.engine(a.Host)
	p.engineLayer(engineName(o, policy.OfEngine), a.Engine)
	for i, e := range a.Further {
		p.engine(e.Host)
		p.engineLayer(engineName(o, policy.OfEngine-1-i), e.Engine)
	}
	if len(a.Workloads) == 0 {
		p.line("There is no container here. `bulkhead lab` starts practice services.")
	} else {
		p.strips(a.Workloads)
	}
	p.steps(steps(o))
	for _, s := range subjects(o) {
		p.findings(s)
	}
	p.aside(o)
	for _, problem := range a.Problems {
		p.block(t.Doubt.Render("?")+" ", inspect.Printable(problem))
	}
	_, err := io.WriteString(w, p.String())
	if err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	return nil
}

// printer gathers lines.
type printer struct {
	strings.Builder
	t     *theme.Theme
	width int
}

func (p *printer) line(s string) { p.WriteString(strings.TrimRight(s, " ") + "\n") }

// block writes a paragraph after a lead, wrapped and indented below it.
func (p *printer) block(lead, text string) {
	indent := ansi.StringWidth(lead)
	wrapped := ansi.Wrap(text, p.width-indent, "")
	for i, line := range strings.Split(wrapped, "\n") {
		if i > 0 {
			lead = strings.Repeat(" ", indent)
		}
		p.line(lead + line)
	}
}

func (p *printer) engine(h inspect.Host) {
	if !h.Known() {
		p.line(p.t.Muted.Render("read from files alone; engine defaults are assumed"))
		return
	}
	p.line(p.t.Muted.Render(fmt.Sprintf("Docker Engine %s on %s, Linux %s",
		inspect.Printable(h.Version), inspect.Printable(h.Name), inspect.Printable(h.Kernel))))
}

// engineLayer writes the state of an engine's own layer.
func (p *printer) engineLayer(name string, l inspect.LayerState) {
	if l.State == "" {
		return
	}
	m := p.t.State(l.State)
	p.block(m.String()+"  ", name+": "+inspect.Printable(l.Reason))
}

// steps writes what to do first, and why.
func (p *printer) steps(all []step) {
	if len(all) == 0 {
		return
	}
	p.line("")
	p.line(p.t.Strong.Render("what to do first"))
	for i, s := range first(all) {
		mark := p.t.Severity(s.Severity)
		p.block(fmt.Sprintf("%d %s  ", i+1, pad(mark.String(), len("▲ critical")-2)), s.do())
		p.block("              ", s.because())
	}
	if text := further(all); text != "" {
		p.block("  ", text)
	}
}

// findings writes what was found of one workload, the gravest first.
func (p *printer) findings(s subject) {
	found := s.audited.Findings()
	if len(found) == 0 {
		return
	}
	p.line("")
	p.line(p.t.Strong.Render(s.name) + p.t.Muted.Render("  "+inspect.Printable(s.audited.Workload.Image)))
	p.each(found)
}

func (p *printer) each(found []inspect.Finding) {
	for _, f := range found {
		mark := p.t.Severity(f.Severity)
		p.block("  "+pad(mark.String(), len("▲ critical")-2)+"  ", p.t.Strong.Render(inspect.Printable(f.Title)))
		p.block("              ", inspect.Printable(f.Evidence)+where(f.Source))
		p.block("              ", p.t.Accent.Render("fix:")+" "+inspect.Printable(f.Fix))
	}
}

// aside writes what the policy set aside, and its notes.
func (p *printer) aside(o policy.Outcome) {
	if n := o.Suppressed(); n > 0 {
		p.line("")
		p.line(p.t.Strong.Render(fmt.Sprintf("suppressed: %d", n)) + p.t.Muted.Render("  by "+inspect.Printable(o.Policy.Config.File)))
	}
	for _, a := range o.Aside {
		if a.Rule != nil {
			p.block("  - ", fmt.Sprintf("%s  %s, until %s: %s", nameOf(o, a.Workload),
				inspect.Printable(a.Finding.ID), a.Rule.Day(), inspect.Printable(a.Rule.Reason)))
		}
	}
	if o.Policy.Baseline.Given() {
		p.line("")
		p.block("", fmt.Sprintf("Only what is new is shown: %s already in %s.",
			count(o.Known(), "finding is", "findings are"), inspect.Printable(o.Policy.Baseline.File)))
	}
	for _, note := range o.Notes {
		p.line("")
		p.block(p.t.Fair.Render("!")+" ", inspect.Printable(note))
	}
}

// where says the file and line of a source, if it has one.
func where(s inspect.Source) string {
	if s.File == "" || s.Line == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s:%d:%d)", inspect.Printable(filepath.Base(s.File)), s.Line, s.Column)
}

// pad fills a string, styled or not, to a width.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}
