package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/ui/policy"
)

// SARIFOptions are what a SARIF log needs beside the audit.
type SARIFOptions struct {
	// Dir is the working directory, absolute: files in it and below are written
	// relative to it.
	Dir     string
	Version string
	Now     time.Time
	// Edit makes the fixes; nil leaves them to the messages.
	Edit Editor
}

// SARIF writes the audit as a SARIF 2.1.0 log with one run. What was suppressed
// is in it as suppressed; what the baseline held is not. What could not be
// looked at, and every check whose answer is unknown, is a notification.
func SARIF(ctx context.Context, w io.Writer, o policy.Outcome, opts SARIFOptions) error {
	s := &sarifWriter{outcome: o, opts: opts, seen: map[string]int{}}
	s.rules = sarifRules(o)
	for _, sub := range subjects(o) {
		for _, f := range sub.audited.Findings() {
			s.results = append(s.results, s.result(ctx, sub, f, nil))
		}
		for _, a := range sub.aside {
			if a.Rule != nil {
				s.results = append(s.results, s.result(ctx, sub, a.Finding, a.Rule))
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "bulkhead", Version: opts.Version, Rules: s.rules}},
		ColumnKind: "unicodeCodePoints", Results: s.results,
		Invocations: []sarifInvocation{{
			ExecutionSuccessful: true, EndTimeUTC: opts.Now.UTC().Format(time.RFC3339),
			ToolExecutionNotifications: s.notifications(),
		}},
	}
	if run.Results == nil {
		run.Results = []sarifResult{}
	}
	return Indented(w, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// sarifWriter gathers results.
type sarifWriter struct {
	outcome policy.Outcome
	opts    SARIFOptions
	rules   []sarifRule
	results []sarifResult
	// seen counts fingerprints, so that equal findings stay apart.
	seen map[string]int
	// spent is how many services were read again to make fixes.
	spent int
}

// sarifRules are the checks, and whatever else findings name.
func sarifRules(o policy.Outcome) []sarifRule {
	worst := map[string]inspect.Severity{}
	var strays []inspect.Finding
	look := func(f inspect.Finding) {
		worst[f.ID] = max(worst[f.ID], f.Severity)
		if _, ok := check.ByID(f.ID); !ok && !slices.ContainsFunc(strays, func(s inspect.Finding) bool { return s.ID == f.ID }) {
			strays = append(strays, f)
		}
	}
	for _, s := range subjects(o) {
		for _, f := range s.audited.Findings() {
			look(f)
		}
		for _, a := range s.aside {
			look(a.Finding)
		}
	}
	rules := []sarifRule{}
	for _, c := range check.All() {
		rules = append(rules, sarifRuleOf(c.ID, c.Title, c.Danger, c.Fix, c.Layer, c.References, worst))
	}
	for _, f := range strays {
		rules = append(rules, sarifRuleOf(f.ID, f.Title, f.Why, f.Fix, f.Layer, f.References, worst))
	}
	return rules
}

func sarifRuleOf(id, title, danger, mend string, layer inspect.Layer, references []string, worst map[string]inspect.Severity) sarifRule {
	r := sarifRule{
		ID: inspect.Printable(id), ShortDescription: sarifText{inspect.Printable(title)},
		Properties: &sarifRuleProps{Tags: []string{"security", inspect.Printable(string(layer))}, References: printables(references)},
	}
	if danger != "" {
		r.FullDescription = &sarifText{inspect.Printable(danger)}
	}
	if mend != "" {
		r.Help = &sarifText{"Fix: " + inspect.Printable(mend)}
	}
	for _, ref := range references {
		r.HelpURI = cmp.Or(r.HelpURI, address(ref))
	}
	if s, ok := worst[id]; ok {
		r.DefaultConfiguration = &sarifLevel{sarifLevelOf(s)}
		r.Properties.SecuritySeverity = securitySeverity(s)
	}
	return r
}

func printables(texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, inspect.Printable(t))
	}
	return out
}

func sarifLevelOf(s inspect.Severity) string {
	switch {
	case s >= inspect.High:
		return "error"
	case s == inspect.Medium:
		return "warning"
	}
	return "note"
}

// securitySeverity is the middle of the range that code scanning services give
// the severity's name: critical from 9.0, high from 7.0, medium from 4.0, low
// from 0.1.
func securitySeverity(s inspect.Severity) string {
	switch s {
	case inspect.Critical:
		return "9.5"
	case inspect.High:
		return "8.0"
	case inspect.Medium:
		return "5.5"
	case inspect.Low:
		return "2.0"
	}
	return "0.0"
}

func (s *sarifWriter) result(ctx context.Context, sub subject, f inspect.Finding, rule *policy.Rule) sarifResult {
	fingerprint := policy.Fingerprint(sub.key, f)
	s.seen[fingerprint]++
	if n := s.seen[fingerprint]; n > 1 {
		fingerprint = fmt.Sprintf("%s:%d", fingerprint, n)
	}
	r := sarifResult{
		RuleID: inspect.Printable(f.ID), Level: sarifLevelOf(f.Severity),
		RuleIndex:           s.ruleIndex(f.ID),
		Message:             sarifText{sarifMessage(sub, f)},
		Locations:           []sarifLocation{s.location(sub, f)},
		PartialFingerprints: map[string]string{"bulkhead/v1": fingerprint},
		Properties:          sarifResultProps{string(f.Layer), f.Severity.String(), securitySeverity(f.Severity)},
	}
	if s.outcome.Policy.Baseline.Given() {
		r.BaselineState = "new"
	}
	if rule != nil {
		r.Suppressions = []sarifSuppression{{
			Kind: "external", Status: "accepted", Justification: inspect.Printable(rule.Reason),
			Properties: sarifSuppressionUntil{rule.Day()},
		}}
		return r
	}
	if fix, ok := s.fix(ctx, sub, f); ok {
		r.Fixes = []sarifFix{fix}
	}
	return r
}

// sarifMessage says what is so, what it means and what to do next.
func sarifMessage(sub subject, f inspect.Finding) string {
	return strings.Join([]string{
		fmt.Sprintf("%s: %s: %s", sub.name, inspect.Printable(f.Title), inspect.Printable(f.Evidence)),
		inspect.Printable(f.Why), "Fix: " + inspect.Printable(f.Fix),
	}, "\n")
}

func (s *sarifWriter) location(sub subject, f inspect.Finding) sarifLocation {
	var l sarifLocation
	l.LogicalLocations = []sarifLogical{{Name: sub.name, FullyQualifiedName: sub.name, Kind: "resource"}}
	if f.Source.File == "" {
		return l
	}
	l.PhysicalLocation = &sarifPhysical{ArtifactLocation: s.artifact(f.Source.File)}
	if f.Source.Line > 0 {
		l.PhysicalLocation.Region = &sarifRegion{StartLine: f.Source.Line, StartColumn: f.Source.Column}
	}
	return l
}

// artifact is a file as a URI, relative to the working directory where it is in
// it or below it.
func (s *sarifWriter) artifact(file string) sarifArtifact {
	if rel, ok := below(s.opts.Dir, file); ok {
		return sarifArtifact{URI: (&url.URL{Path: rel}).String(), URIBaseID: "%SRCROOT%"}
	}
	path := filepath.ToSlash(filepath.Clean(file))
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return sarifArtifact{URI: (&url.URL{Scheme: "file", Path: path}).String()}
}

// notifications are what could not be looked at or told.
func (s *sarifWriter) notifications() []sarifNotification {
	var out []sarifNotification
	add := func(level, text string, rule *sarifRuleRef) {
		out = append(out, sarifNotification{level, sarifText{inspect.Printable(text)}, rule})
	}
	for _, p := range s.outcome.Audit.Problems {
		add("warning", p, nil)
	}
	for _, n := range s.outcome.Notes {
		add("note", n, nil)
	}
	for _, sub := range subjects(s.outcome) {
		for _, l := range sub.audited.Layers {
			for _, c := range l.Checks {
				if c.State == inspect.Unknown {
					add("note", fmt.Sprintf("%s: %s of the layer %s is unknown: %s", sub.name, c.Check, l.Layer, c.Reason),
						&sarifRuleRef{inspect.Printable(c.Check), s.ruleIndex(c.Check)})
				}
			}
		}
	}
	return out
}

// ruleIndex is the place of a check among the rules.
func (s *sarifWriter) ruleIndex(id string) int {
	return slices.IndexFunc(s.rules, func(r sarifRule) bool { return r.ID == inspect.Printable(id) })
}
