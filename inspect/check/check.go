// Package check judges a workload's settings, one check a file. A check is a
// value: it says which layer it looks at, why that matters and what mends it,
// and its Run is a pure function of the settings and of what the engine offers.
// Most judge the configuration; those called actual-… hold it against what the
// kernel says of the running processes. What a trial or an observation says is
// stronger than any of them. A Change in a finding is a proposal to be
// tried: no check knows whether the service works under it.
//
// What cannot be told from the settings is Unknown with a reason, never Closed.
package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// Check is one question about a workload's settings, or about the engine.
type Check struct {
	// ID names the check in reports and suppressions; it never changes.
	ID    string
	Layer inspect.Layer
	// Settings are what the check reads, as Compose names them; none for one that
	// looks at the host alone.
	Settings []string
	// Title says what is so where the check finds something.
	Title    string
	Question string
	// Danger is what an attacker inside gains, Read what the check reads, Fix the
	// mend in a verb phrase, MayBreak what a service may lose by it.
	Danger   string
	Read     string
	Fix      string
	MayBreak string
	// Bad and Good are an example that the check finds fault with and one beside
	// it that it does not: a Compose file, or, where Compose cannot say it, JSON
	// {"host": …, "workload": …} in the shapes of inspect.Host and
	// inspect.Workload.
	Bad, Good  string
	References []string
	// Run judges one workload. It fills in of each finding what differs from
	// the check's own words: Severity and Evidence always.
	Run func(inspect.Workload, inspect.Host) Result
}

// Result is what a check says of one workload. Reason is a clause without a
// capital or a full stop: "the process is root".
type Result struct {
	State    inspect.State
	Reason   string
	Findings []inspect.Finding
}

// Run runs the check and completes its findings with the check's own words.
func run(c Check, w inspect.Workload, h inspect.Host) Result {
	r := resolved(c, w, c.Run(w, h))
	for i := range r.Findings {
		f := &r.Findings[i]
		f.ID, f.Layer = c.ID, c.Layer
		if f.Title == "" {
			f.Title = c.Title
		}
		if f.Why == "" {
			f.Why = c.Danger
		}
		if f.Fix == "" {
			f.Fix = c.Fix
		}
		if f.References == nil {
			f.References = slices.Clone(c.References)
		}
		if f.Source == (inspect.Source{}) {
			f.Source = w.Sources.Of()
		}
	}
	return r
}

// resolved takes back what was concluded from a setting that could not be read:
// only what stands in a file counts, and nothing is fine.
func resolved(c Check, w inspect.Workload, r Result) Result {
	if len(c.Settings) == 0 || len(w.Unresolved) == 0 {
		return r
	}
	why := ""
	for _, name := range append(slices.Clone(c.Settings), "extends") {
		for _, setting := range slices.Sorted(maps.Keys(w.Unresolved)) {
			if why == "" && (setting == name || strings.HasPrefix(setting, name+".")) {
				why = fmt.Sprintf("%s could not be read: %s", setting, w.Unresolved[setting])
			}
		}
	}
	if why == "" {
		return r
	}
	written := slices.DeleteFunc(r.Findings, func(f inspect.Finding) bool {
		return f.Source.Line == 0 || f.Source == w.Sources.Of()
	})
	if r.State == inspect.Open && len(written) > 0 {
		return Result{State: r.State, Reason: r.Reason, Findings: written}
	}
	return Result{State: inspect.Unknown, Reason: why, Findings: written}
}

// Audit runs every check on the workload. A layer is in the worst state that
// one of its checks reports; its reason is that of every check that reports it.
func Audit(w inspect.Workload, h inspect.Host) inspect.Audited {
	audited := inspect.Audited{Workload: w}
	for _, layer := range inspect.Layers() {
		audited.Layers = append(audited.Layers, joined(layer, all, w, h))
	}
	return audited
}

// joined is the layer's state by those of the checks that look at it.
func joined(layer inspect.Layer, checks []Check, w inspect.Workload, h inspect.Host) inspect.LayerState {
	out := inspect.LayerState{Layer: layer, Findings: []inspect.Finding{}}
	var reasons []string
	for _, c := range checks {
		if c.Layer != layer {
			continue
		}
		r := run(c, w, h)
		out.Findings = append(out.Findings, r.Findings...)
		out.Checks = append(out.Checks, inspect.CheckState{Check: c.ID, State: r.State, Reason: r.Reason})
		switch {
		case out.State == "" || r.State.Worse(out.State):
			out.State, reasons = r.State, []string{r.Reason}
		case r.State == out.State:
			reasons = append(reasons, r.Reason)
		}
	}
	out.Reason = strings.Join(unique(reasons), "; ")
	return out
}

// judged is the result of a check that is closed where it found nothing, open
// where an attacker gains much and partly closed else.
func judged(findings []inspect.Finding, closed, otherwise string) Result {
	r := Result{State: inspect.Closed, Reason: closed, Findings: findings}
	if len(findings) == 0 {
		return r
	}
	r.State, r.Reason = inspect.Partly, otherwise
	for _, f := range findings {
		if f.Severity >= inspect.High {
			r.State = inspect.Open
		}
	}
	return r
}

// show makes a foreign value safe to stand in a sentence.
func show(s string) string { return inspect.Truncate(inspect.Printable(s), 120) }

// list joins words for a sentence.
func list(words []string) string {
	switch len(words) {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// count writes a number with its noun: "1 device", "2 devices".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// sorted sorts words in place and returns them.
func sorted(words []string) []string {
	slices.Sort(words)
	return words
}
