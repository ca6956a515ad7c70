package report

import (
	"fmt"
	"io"
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/policy"
	"bulkhead/ui/tui/theme"
)

// maxMarkdown bounds the text: code hosts refuse comments past 65,536 characters.
const maxMarkdown = 60_000

// Markdown writes the audit as a comment for a pull request: what to do first, a
// table of the workloads, the gravest first, and each one's findings folded
// below it. What does not fit into a comment is counted at the end.
func Markdown(w io.Writer, o policy.Outcome) error {
	all := ranked(subjects(o))
	m := &markdown{}
	m.head(o, all)
	m.steps(steps(o))
	m.table(all)
	left := 0
	for _, s := range all {
		left += m.details(s)
	}
	if left > 0 {
		m.printf("\n**%s not shown here, for want of room.** `bulkhead audit` shows all.\n", count(left, "finding is", "findings are"))
	}
	m.aside(o)
	if _, err := io.WriteString(w, m.String()); err != nil {
		return fmt.Errorf("writing Markdown: %w", err)
	}
	return nil
}

// markdown gathers text.
type markdown struct{ strings.Builder }

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(m, format, args...) }

// md makes foreign text safe inside Markdown: nothing of it is markup, a link,
// a mention or HTML.
func md(s string) string {
	var b strings.Builder
	for _, r := range inspect.Printable(s) {
		switch {
		case r == '<' || r == '>' || r == '&' || r == '@' || r == '#' || r == ':':
			// As a reference it cannot start a tag, a mention or an address.
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_{}[]()|!~$+-", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "www.", "www&#46;")
}

func (m *markdown) head(o policy.Outcome, all []subject) {
	found := 0
	for _, s := range all {
		found += len(s.audited.Findings())
	}
	word := count(found, "finding", "findings")
	if o.Policy.Baseline.Given() {
		word = count(found, "new finding", "new findings")
	}
	m.printf("## bulkhead: %s in %s\n\n", word, count(len(o.Audit.Workloads), "workload", "workloads"))
	for _, p := range o.Audit.Problems {
		m.printf("- **Could not look:** %s\n", md(p))
	}
	for _, n := range o.Notes {
		m.printf("- **Note:** %s\n", md(n))
	}
	if len(o.Audit.Problems)+len(o.Notes) > 0 {
		m.printf("\n")
	}
}

// steps says what to do first, and why.
func (m *markdown) steps(all []step) {
	if len(all) == 0 {
		return
	}
	m.printf("**What to do first**\n\n")
	for i, s := range first(all) {
		m.printf("%d. **%s:** %s\n   %s\n", i+1, s.Severity, md(s.do()), md(s.because()))
	}
	if text := further(all); text != "" {
		m.printf("\n%s\n", text)
	}
	m.printf("\n")
}

func (m *markdown) table(all []subject) {
	if len(all) == 0 {
		m.printf("There is no workload here.\n")
		return
	}
	plain := theme.New(true, false)
	m.printf("| workload | worst | findings | open | partly | unknown |\n|---|---|---|---|---|---|\n")
	for i, s := range all {
		if m.Len() > maxMarkdown/2 {
			m.printf("\n%s not in this table.\n", count(len(all)-i, "workload is", "workloads are"))
			return
		}
		mark := s.mark(plain)
		m.printf("| %s | %s %s | %s | %s | %s | %s |\n", md(s.name), mark.Glyph, mark.Word, s.counts(),
			layersIn(s, inspect.Open), layersIn(s, inspect.Partly), layersIn(s, inspect.Unknown))
	}
}

// layersIn names the subject's layers in a state.
func layersIn(s subject, state inspect.State) string {
	var names []string
	for _, l := range s.audited.Layers {
		if l.State == state {
			names = append(names, string(l.Layer))
		}
	}
	return md(strings.Join(names, ", "))
}

// details writes a subject's findings, and returns how many did not fit.
func (m *markdown) details(s subject) int {
	found := s.audited.Findings()
	if len(found) == 0 {
		return 0
	}
	if m.Len() > maxMarkdown {
		return len(found)
	}
	m.printf("\n<details><summary><b>%s</b>: %s</summary>\n\n", md(s.name), s.counts())
	left := 0
	for i, f := range found {
		if m.Len() > maxMarkdown {
			left = len(found) - i
			break
		}
		m.printf("- **%s: %s** (%s)\n  %s%s\n  %s\n  *Fix:* %s\n", f.Severity, md(f.Title), md(f.ID), md(f.Evidence), md(where(f.Source)), md(f.Why), md(f.Fix))
	}
	m.printf("\n</details>\n")
	return left
}

// aside says what the policy set aside.
func (m *markdown) aside(o policy.Outcome) {
	if o.Policy.Baseline.Given() {
		m.printf("\n%s already in the baseline.\n", count(o.Known(), "finding is", "findings are"))
	}
	n := o.Suppressed()
	if n == 0 {
		return
	}
	m.printf("\n<details><summary>%s suppressed</summary>\n\n", count(n, "finding is", "findings are"))
	for _, a := range o.Aside {
		if a.Rule == nil {
			continue
		}
		if m.Len() > maxMarkdown+4000 {
			m.printf("- …\n")
			break
		}
		m.printf("- %s: %s until %s: %s\n", md(nameOf(o, a.Workload)), md(a.Finding.ID), a.Rule.Day(), md(a.Rule.Reason))
	}
	m.printf("\n</details>\n")
}
