package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"bulkhead/inspect"
	"bulkhead/ui/policy"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	ClassName string        `xml:"classname,attr"`
	Name      string        `xml:"name,attr"`
	Failure   *junitFailure `xml:"failure"`
	Error     *junitFailure `xml:"error"`
	Skipped   *junitSkipped `xml:"skipped"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

// JUnit writes a test suite for each workload, and one for the engine where it
// was asked, with a test case for each selected check. A check fails where it
// found something; it is skipped, with the reason, where everything it found was
// set aside, and where it is unknown or does not apply. What could not be
// looked at is a suite of errors.
func JUnit(w io.Writer, o policy.Outcome, now time.Time) error {
	all := junitSuites{Name: "bulkhead audit"}
	at := now.UTC().Format("2006-01-02T15:04:05")
	for _, s := range subjects(o) {
		all.add(junitSuite{Name: s.name, Timestamp: at, Cases: junitCases(s)})
	}
	if len(o.Audit.Problems) > 0 {
		unseen := junitSuite{Name: "could not look", Timestamp: at}
		for i, p := range o.Audit.Problems {
			unseen.Cases = append(unseen.Cases, junitCase{ClassName: "could not look", Name: fmt.Sprintf("problem %d", i+1),
				Error: &junitFailure{Message: inspect.Printable(p), Type: "unknown"}})
		}
		all.add(unseen)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	return nil
}

// add adds a suite and its counts.
func (all *junitSuites) add(s junitSuite) {
	for _, c := range s.Cases {
		s.Tests++
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors, all.Skipped+s.Skipped
	all.Suites = append(all.Suites, s)
}

// junitCases are the checks of the layers that the subject has, in the order of
// its layers, and whatever else its findings name.
func junitCases(s subject) []junitCase {
	var cases []junitCase
	for _, l := range s.audited.Layers {
		checks := withFound(l)
		for _, c := range checks {
			cases = append(cases, junitCheck(s, l, c))
		}
		if len(checks) == 0 {
			// A layer that no check looks at is not left out.
			cases = append(cases, junitCase{ClassName: string(l.Layer), Name: string(l.Layer), Skipped: notJudged(l.State, l.Reason)})
		}
	}
	return cases
}

// withFound are the layer's checks, and those that its findings alone name.
func withFound(l inspect.LayerState) []inspect.CheckState {
	checks := slices.Clone(l.Checks)
	for _, f := range l.Findings {
		if !slices.ContainsFunc(checks, func(c inspect.CheckState) bool { return c.Check == f.ID }) {
			checks = append(checks, inspect.CheckState{Check: f.ID, State: l.State, Reason: l.Reason})
		}
	}
	return checks
}

func junitCheck(s subject, l inspect.LayerState, check inspect.CheckState) junitCase {
	c := junitCase{ClassName: string(l.Layer), Name: inspect.Printable(check.Check)}
	var found []inspect.Finding
	for _, f := range l.Findings {
		if f.ID == check.Check {
			found = append(found, f)
		}
	}
	if len(found) > 0 {
		c.Failure = junitFailed(found)
		return c
	}
	for _, a := range s.aside {
		if a.Finding.ID == check.Check && a.Finding.Layer == l.Layer {
			c.Skipped = &junitSkipped{asideText(a)}
			return c
		}
	}
	c.Skipped = notJudged(check.State, check.Reason)
	return c
}

// notJudged is nil where there was something to judge.
func notJudged(s inspect.State, reason string) *junitSkipped {
	if s == inspect.Unknown || s == inspect.NotApplicable {
		return &junitSkipped{fmt.Sprintf("%s: %s", s, inspect.Printable(reason))}
	}
	return nil
}

// asideText says why a finding is not reported.
func asideText(a policy.Aside) string {
	if a.Rule == nil {
		return "already in the baseline"
	}
	return fmt.Sprintf("suppressed until %s: %s", a.Rule.Day(), inspect.Printable(a.Rule.Reason))
}

func junitFailed(found []inspect.Finding) *junitFailure {
	worst := found[0]
	var text strings.Builder
	for _, f := range found {
		if f.Severity > worst.Severity {
			worst = f
		}
		fmt.Fprintf(&text, "\n%s: %s\n%s%s\n%s\nfix: %s\n", f.Severity, inspect.Printable(f.Title),
			inspect.Printable(f.Evidence), where(f.Source), inspect.Printable(f.Why), inspect.Printable(f.Fix))
	}
	return &junitFailure{Message: inspect.Printable(worst.Title), Type: worst.Severity.String(), Text: text.String()}
}
