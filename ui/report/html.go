package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"
	"unicode"
	"unicode/utf8"

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
	Steps                         []htmlStep
	Further                       string
	Subjects                      []htmlSubject
	Problems, Notes               []string
	Legend                        []htmlMark
}

type htmlTotal struct {
	Severity htmlMark
	Count    int
}

// htmlStep is what to do at one place of the order.
type htmlStep struct {
	Severity    htmlMark
	Do, ID, Why string
	Where       []htmlPlace
	More        int
}

// htmlPlace is a subject with its section's anchor.
type htmlPlace struct{ Name, Anchor string }

// htmlMark is a glyph and a word; Class names its colour.
type htmlMark struct{ Class, Glyph, Word string }

type htmlSubject struct {
	Anchor, Name, Image, State string
	Worst                      htmlMark
	Counts                     string
	// States counts the layers that are not closed, the worst state first.
	States     []htmlMark
	Layers     []htmlLayer
	Findings   []htmlFinding
	Suppressed []htmlSuppressed
}

type htmlLayer struct {
	Name, Question, Reason string
	State                  htmlMark
	// Unknown are the reasons of checks that are unknown while others are worse.
	Unknown []string
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
	anchors := map[string]string{}
	for i, s := range ranked(subjects(o)) {
		for _, f := range s.audited.Findings() {
			totals[f.Severity]++
			p.Found++
		}
		p.Subjects = append(p.Subjects, htmlSubjectOf(plain, i, s))
		anchors[s.key] = p.Subjects[i].Anchor
	}
	todo := steps(o)
	p.Further = further(todo)
	for _, s := range first(todo) {
		p.Steps = append(p.Steps, htmlStepOf(plain, s, anchors))
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

// placesShown bounds how many workloads a step names on the page.
const placesShown = 12

func htmlStepOf(t *theme.Theme, s step, anchors map[string]string) htmlStep {
	out := htmlStep{
		Severity: severityMark(t, s.Severity), Do: sentence(s.do()), ID: inspect.Printable(s.ID), Why: inspect.Printable(s.Why),
		More: max(0, len(s.subjects)-placesShown),
	}
	for _, sub := range s.subjects[:len(s.subjects)-out.More] {
		out.Where = append(out.Where, htmlPlace{sub.name, anchors[sub.key]})
	}
	return out
}

// sentence makes a clause one.
func sentence(clause string) string {
	r, size := utf8.DecodeRuneInString(clause)
	return string(unicode.ToUpper(r)) + clause[size:] + "."
}

func htmlSubjectOf(t *theme.Theme, i int, s subject) htmlSubject {
	w := s.audited.Workload
	out := htmlSubject{
		Anchor: fmt.Sprintf("w%d", i+1), Name: s.name, Image: inspect.Printable(w.Image), State: inspect.Printable(string(w.State)),
		Counts: s.counts(), States: layerCounts(t, s), Worst: worstMark(t, s),
	}
	for _, l := range s.audited.Layers {
		out.Layers = append(out.Layers, htmlLayerOf(t, l))
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

func htmlLayerOf(t *theme.Theme, l inspect.LayerState) htmlLayer {
	out := htmlLayer{
		Name: inspect.Printable(string(l.Layer)), Question: l.Layer.Question(), Reason: inspect.Printable(l.Reason), State: stateMark(t, l.State),
	}
	for _, c := range l.UnknownBeside() {
		out.Unknown = append(out.Unknown, inspect.Printable(c.Reason))
	}
	return out
}

// layerCounts are how many of the subject's layers are in each state that
// leaves something to do.
func layerCounts(t *theme.Theme, s subject) []htmlMark {
	var out []htmlMark
	for _, state := range []inspect.State{inspect.Open, inspect.Partly, inspect.Unknown} {
		n := 0
		for _, l := range s.audited.Layers {
			if l.State == state {
				n++
			}
		}
		if n > 0 {
			m := stateMark(t, state)
			m.Word = fmt.Sprintf("%d %s", n, m.Word)
			out = append(out, m)
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
		out.References = append(out.References, htmlReference{Text: inspect.Printable(ref), Address: address(ref)})
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
