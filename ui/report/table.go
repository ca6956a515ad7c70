package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/inspect"
	"bulkhead/ui/tui/theme"
	"bulkhead/ui/workbench"
)

// columns are the headings of the layer strip, in the order of inspect.Layers.
var columns = map[inspect.Layer]string{
	inspect.LayerUser: "user", inspect.LayerCapabilities: "caps", inspect.LayerSeccomp: "secc",
	inspect.LayerRootFS: "root", inspect.LayerEscalation: "nnp", inspect.LayerBoundary: "bound",
	inspect.LayerNetwork: "net", inspect.LayerLimits: "limit",
}

// Table writes the audit for a person: a line for each workload with the state
// of its layers, then each workload's findings with evidence, source and mend.
// width bounds the lines; it is at least 60.
func Table(w io.Writer, a workbench.Audit, t *theme.Theme, width int) error {
	p := &printer{t: t, width: max(60, width)}
	p.engine(a.Host)
	if len(a.Workloads) == 0 {
		p.line("There is no container here. `bulkhead lab` starts practice services.")
	} else {
		p.strips(a.Workloads)
		for _, audited := range a.Workloads {
			p.findings(audited)
		}
	}
	for _, problem := range a.Problems {
		p.block(t.Doubt.Render("?")+" ", problem)
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
	wrapped := ansi.Wordwrap(text, p.width-indent, "")
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

// strips writes the table of workloads and layer states.
func (p *printer) strips(all []inspect.Audited) {
	layers := inspect.Layers()
	cells := 0
	for _, l := range layers {
		cells += len(columns[l]) + 1
	}
	room := p.width - cells - len("  ▲ critical")
	head := pad("", room)
	for _, l := range layers {
		head += " " + columns[l]
	}
	p.line("")
	p.line(p.t.Muted.Render(head + "  worst"))
	for _, a := range all {
		row := pad(inspect.Truncate(inspect.Printable(a.Workload.Name), room), room)
		for _, l := range a.Layers {
			row += " " + pad(p.t.State(l.State).Dot(), len(columns[l.Layer]))
		}
		worst := p.t.Clean()
		if len(a.Findings()) > 0 {
			worst = p.t.Severity(a.Worst())
		}
		p.line(row + "  " + worst.String())
	}
	p.line("")
	var legend []string
	for _, s := range theme.States() {
		legend = append(legend, p.t.State(s).String())
	}
	p.line(strings.Join(legend, "  "))
}

// findings writes what was found of one workload, the gravest first.
func (p *printer) findings(a inspect.Audited) {
	found := a.Findings()
	if len(found) == 0 {
		return
	}
	p.line("")
	p.line(p.t.Strong.Render(inspect.Printable(a.Workload.Name)) + p.t.Muted.Render("  "+inspect.Printable(a.Workload.Image)))
	for _, f := range found {
		mark := p.t.Severity(f.Severity)
		p.block("  "+pad(mark.String(), len("▲ critical")-2)+"  ", p.t.Strong.Render(inspect.Printable(f.Title)))
		p.block("              ", inspect.Printable(f.Evidence)+where(f.Source))
		p.block("              ", p.t.Accent.Render("fix:")+" "+inspect.Printable(f.Fix))
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
