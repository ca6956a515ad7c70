package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"time"

	"bulkhead/inspect"
	"bulkhead/ui/policy"
	"bulkhead/ui/tui/theme"
)

//go:embed page.html.tmpl
var pageText string

// HTMLOptions are what the page needs beside the audit.
type HTMLOptions struct {
	Version string
	Now     time.Time
}

// HTML writes the audit as one page that needs nothing else: no script, no
// image, no font from elsewhere. It follows the reader's light or dark setting
// and prints. It is a template's output, so foreign text stays text.
func HTML(w io.Writer, o policy.Outcome, opts HTMLOptions) error {
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return fmt.Errorf("reading the page's template: %w", err)
	}
	if err := page.Execute(w, htmlPageOf(o, opts)); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	return nil
}

// htmlPage is what the template shows. Its texts are printable.
type htmlPage struct {
	Engine, Date, Version, Config string
	Workloads, Found, Suppressed  int
	Baseline                      bool
	Known                         int
	Totals                        []htmlTotal
	Subjects                      []htmlSubject
	Problems, Notes               []string
	Legend                        []htmlMark
}

type htmlTotal struct {
	Severity htmlMark
	Count    int
}

// htmlMark is a glyph and a word; Class names its colour.
type htmlMark struct{ Class, Glyph, Word string }

type htmlSubject struct {
	Anchor, Name, Image, State string
	Worst                      htmlMark
	Counts                     string
	Layers                     []htmlLayer
	Findings                   []htmlFinding
	Suppressed                 []htmlSuppressed
}

type htmlLayer struct {
	Name, Question, Reason string
	State                  htmlMark
}

type htmlFinding struct {
	ID, Layer, Title, Evidence, Why, Reason, Fix, Source string
	Severity                                             htmlMark
	References                                           []htmlReference
}

// htmlReference is a text, with an address where it is one.
type htmlReference struct{ Text, Address string }

type htmlSuppressed struct{ ID, Title, Reason, Until string }

func htmlPageOf(o policy.Outcome, opts HTMLOptions) htmlPage {
	p := htmlPage{
		Engine: engineText(o.Audit.Host), Date: opts.Now.Format("2 January 2006, 15:04 MST"), Version: opts.Version,
		Config: inspect.Printable(o.Policy.Config.File), Workloads: len(o.Audit.Workloads),
		Suppressed: o.Suppressed(), Baseline: o.Policy.Baseline.Given(), Known: o.Known(),
		Problems: printables(o.Audit.Problems), Notes: printables(o.Notes),
	}
	plain := theme.New(true, false)
	totals := map[inspect.Severity]int{}
	for i, s := range ranked(subjects(o)) {
		for _, f := range s.audited.Findings() {
			totals[f.Severity]++
			p.Found++
		}
		p.Subjects = append(p.Subjects, htmlSubjectOf(plain, i, s))
	}
	for s := inspect.Critical; s >= inspect.Info; s-- {
		if s > inspect.Info || totals[s] > 0 {
			p.Totals = append(p.Totals, htmlTotal{severityMark(plain, s), totals[s]})
		}
	}
	for _, s := range theme.States() {
		p.Legend = append(p.Legend, stateMark(plain, s))
	}
	return p
}

func htmlSubjectOf(t *theme.Theme, i int, s subject) htmlSubject {
	w := s.audited.Workload
	out := htmlSubject{
		Anchor: fmt.Sprintf("w%d", i+1), Name: s.name, Image: inspect.Printable(w.Image), State: inspect.Printable(string(w.State)),
		Counts: s.counts(), Worst: worstMark(t, s),
	}
	for _, l := range s.audited.Layers {
		out.Layers = append(out.Layers, htmlLayer{inspect.Printable(string(l.Layer)), l.Layer.Question(), inspect.Printable(l.Reason), stateMark(t, l.State)})
	}
	for _, f := range s.audited.Findings() {
		out.Findings = append(out.Findings, htmlFindingOf(t, f))
	}
	for _, a := range s.aside {
		if a.Rule != nil {
			out.Suppressed = append(out.Suppressed, htmlSuppressed{inspect.Printable(a.Finding.ID), inspect.Printable(a.Finding.Title), inspect.Printable(a.Rule.Reason), a.Rule.Day()})
		}
	}
	return out
}

func htmlFindingOf(t *theme.Theme, f inspect.Finding) htmlFinding {
	out := htmlFinding{
		ID: inspect.Printable(f.ID), Layer: inspect.Printable(string(f.Layer)), Title: inspect.Printable(f.Title),
		Evidence: inspect.Printable(f.Evidence), Why: inspect.Printable(f.Why), Reason: inspect.Printable(f.Reason),
		Fix: inspect.Printable(f.Fix), Source: sourceText(f.Source), Severity: severityMark(t, f.Severity),
	}
	for _, ref := range f.References {
		r := htmlReference{Text: inspect.Printable(ref)}
		if u, err := url.Parse(ref); err == nil && u.Scheme == "https" && u.Host != "" {
			r.Address = u.String()
		}
		out.References = append(out.References, r)
	}
	return out
}

// engineText says which engine was asked.
func engineText(h inspect.Host) string {
	if !h.Known() {
		return "Read from files alone; engine defaults are assumed."
	}
	return fmt.Sprintf("Docker Engine %s on %s, Linux %s.", inspect.Printable(h.Version), inspect.Printable(h.Name), inspect.Printable(h.Kernel))
}

// sourceText says where a setting comes from.
func sourceText(s inspect.Source) string {
	switch {
	case s.File != "" && s.Line > 0:
		return fmt.Sprintf("%s, line %d, column %d", inspect.Printable(s.File), s.Line, s.Column)
	case s.File != "":
		return inspect.Printable(s.File)
	}
	return inspect.Printable(string(s.Origin))
}

func severityMark(t *theme.Theme, s inspect.Severity) htmlMark {
	m := t.Severity(s)
	return htmlMark{"sev-" + m.Word, m.Glyph, m.Word}
}

// worstMark is the subject's mark with the class of its colour.
func worstMark(t *theme.Theme, s subject) htmlMark {
	m := s.mark(t)
	class := m.Word
	switch {
	case len(s.audited.Findings()) > 0:
		class = "sev-" + m.Word
	case m.Word == t.Clean().Word:
		class = "closed"
	}
	return htmlMark{class, m.Glyph, m.Word}
}

func stateMark(t *theme.Theme, s inspect.State) htmlMark {
	m := t.State(s)
	class := m.Word
	if s == inspect.NotApplicable {
		class = "na"
	}
	return htmlMark{class, m.Glyph, m.Word}
}
