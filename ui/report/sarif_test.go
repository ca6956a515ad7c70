package report

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aymanbagabas/go-udiff"
	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect/check"
	"bulkhead/ui/policy"
	"bulkhead/ui/workbench"
)

func sarifRunOf(t *testing.T, o policy.Outcome) sarifRun {
	t.Helper()
	var log sarifLog
	d := json.NewDecoder(strings.NewReader(string(written(t, "audit.sarif", o))))
	d.DisallowUnknownFields()
	if err := d.Decode(&log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("version %q, %d runs", log.Version, len(log.Runs))
	}
	return log.Runs[0]
}

func TestSARIFStructure(t *testing.T) {
	for name, o := range map[string]policy.Outcome{"the fixture": theOutcome(t), "hostile": outcomeOf(t, hostileAudit()), "as it is read": policy.Policy{}.Apply(checked())} {
		run := sarifRunOf(t, o)
		rules := run.Tool.Driver.Rules
		if len(rules) < len(check.All()) {
			t.Errorf("%s: %d rules", name, len(rules))
		}
		fingerprints := map[string]bool{}
		for i, r := range run.Results {
			if r.RuleIndex < 0 || r.RuleIndex >= len(rules) || rules[r.RuleIndex].ID != r.RuleID {
				t.Errorf("%s: result %d points to rule %d", name, i, r.RuleIndex)
			}
			if !slices.Contains([]string{"error", "warning", "note"}, r.Level) || r.Message.Text == "" {
				t.Errorf("%s: result %d: level %q, message %q", name, i, r.Level, r.Message.Text)
			}
			if len(r.Locations) != 1 || len(r.Locations[0].LogicalLocations) != 1 || r.Locations[0].LogicalLocations[0].Name == "" {
				t.Errorf("%s: result %d has no place", name, i)
			}
			for _, f := range r.PartialFingerprints {
				if fingerprints[f] {
					t.Errorf("%s: the fingerprint %s is there twice", name, f)
				}
				fingerprints[f] = true
			}
		}
		for i, n := range run.Invocations[0].ToolExecutionNotifications {
			if r := n.AssociatedRule; r != nil && (r.Index < 0 || r.Index >= len(rules) || rules[r.Index].ID != r.ID) {
				t.Errorf("%s: notification %d points to rule %+v", name, i, r)
			}
		}
		if len(fingerprints) != len(run.Results) || len(run.Results) == 0 {
			t.Errorf("%s: %d results, %d fingerprints", name, len(run.Results), len(fingerprints))
		}
	}
}

// The log keeps to the specification, and what does not is refused by the rules.
func TestSARIFKeepsToTheSpecification(t *testing.T) {
	rules, err := os.ReadFile("testdata/sarif.rules.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := validator(t, rules)
	baseline, err := policy.ParseBaseline("old.json", written(t, "audit.json", theOutcome(t)))
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]policy.Outcome{
		"the fixture": theOutcome(t), "hostile": outcomeOf(t, hostileAudit()), "nothing": policy.Policy{}.Apply(workbench.Audit{}),
		"as it is read": policy.Policy{}.Apply(checked()), "with a baseline": policy.Policy{Baseline: baseline}.Apply(theAudit()),
	} {
		if err := valid(written(t, "audit.sarif", o)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole := string(written(t, "audit.sarif", theOutcome(t)))
	for _, change := range [][2]string{
		{`"level": "error"`, `"level": "critical"`}, {`"startLine": 7`, `"startLine": 0`}, {`"kind": "external"`, `"kind": "elsewhere"`},
		{`"results"`, `"findings"`}, {`"endTimeUtc": "2030-01-15T12:30:00Z"`, `"endTimeUtc": "2030-01-15T12:30:00+01:00"`},
		{`"uri": "compose.yaml"`, `"uri": "file:///compose.yaml"`}, {`"deletedRegion"`, `"removedRegion"`},
	} {
		broken := strings.Replace(whole, change[0], change[1], 1)
		if broken == whole {
			t.Fatalf("the fixture has no %s", change[0])
		}
		if valid([]byte(broken)) == nil {
			t.Errorf("it accepts %s", change[1])
		}
	}
}

func TestSARIFResults(t *testing.T) {
	run := sarifRunOf(t, theOutcome(t))
	find := func(workload, rule string) sarifResult {
		t.Helper()
		i := slices.IndexFunc(run.Results, func(r sarifResult) bool {
			return r.RuleID == rule && r.Locations[0].LogicalLocations[0].Name == workload
		})
		if i < 0 {
			t.Fatalf("there is no %s of %s", rule, workload)
		}
		return run.Results[i]
	}
	critical := find("shop/web", "engine-socket")
	want := sarifPhysical{ArtifactLocation: sarifArtifact{URI: "compose.yaml", URIBaseID: "%SRCROOT%"}, Region: &sarifRegion{StartLine: 7, StartColumn: 5}}
	if diff := cmp.Diff(&want, critical.Locations[0].PhysicalLocation); diff != "" {
		t.Error(diff)
	}
	if critical.Level != "error" || critical.Properties.SecuritySeverity != "9.5" || len(critical.Suppressions)+len(critical.Fixes) != 0 {
		t.Errorf("%+v", critical)
	}
	if alone := find("backup", "user-root"); alone.Locations[0].PhysicalLocation != nil {
		t.Error("a container without a file has a place in one")
	}
	suppressed := find("backup", "no-new-privileges")
	if len(suppressed.Suppressions) != 1 || suppressed.Suppressions[0].Justification != "it runs for a minute a day" {
		t.Errorf("suppressions = %+v", suppressed.Suppressions)
	}
	fixed := find("shop/web", "no-new-privileges")
	if len(fixed.Fixes) != 1 {
		t.Fatalf("fixes = %+v", fixed.Fixes)
	}
	got := fixed.Fixes[0].ArtifactChanges[0]
	wantFix := []sarifReplacement{{
		DeletedRegion:   sarifRegion{StartLine: 5, StartColumn: 1, EndLine: 5, EndColumn: 1},
		InsertedContent: &sarifContent{"    security_opt: [no-new-privileges]\n"},
	}}
	if diff := cmp.Diff(wantFix, got.Replacements); diff != "" {
		t.Error(diff)
	}
}

func TestSARIFOutsideTheWorkingDirectory(t *testing.T) {
	a := theAudit()
	for i := range a.Workloads {
		for j := range a.Workloads[i].Layers {
			for k := range a.Workloads[i].Layers[j].Findings {
				a.Workloads[i].Layers[j].Findings[k].Source.File = "/srv/a b/../ü#.yaml"
			}
		}
	}
	run := sarifRunOf(t, policy.Policy{}.Apply(a))
	for _, r := range run.Results {
		if got := r.Locations[0].PhysicalLocation.ArtifactLocation; got.URIBaseID != "" || got.URI != "file:///srv/%C3%BC%23.yaml" {
			t.Errorf("%+v", got)
		}
	}
}

// The replacements, made from the last to the first, give the edited text.
func TestReplacements(t *testing.T) {
	for _, tt := range []struct{ name, before, after string }{
		{"an insertion", "a:\n  b: 1\n", "a:\n  c: 2\n  b: 1\n"},
		{"a change behind other characters", "a: {é: 漢, b: 1}\n", "a: {é: 漢, b: 22, c: []}\n"},
		{"two places", "a: 1\nb: 2\nc: 3\n", "a: 9\nb: 2\nc: 8\n"},
		{"the end without a line break", "a: 1", "a: 1\nb: 2"},
		{"a removal", "a: 1\nb: 2\nc: 3\n", "a: 1\nc: 3\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := replacements(tt.before, tt.after)
			if !ok {
				t.Fatal("none")
			}
			var edits []udiff.Edit
			for _, r := range got {
				e := udiff.Edit{Start: byteOf(tt.before, r.DeletedRegion.StartLine, r.DeletedRegion.StartColumn), End: byteOf(tt.before, r.DeletedRegion.EndLine, r.DeletedRegion.EndColumn)}
				if r.InsertedContent != nil {
					e.New = r.InsertedContent.Text
				}
				edits = append(edits, e)
			}
			after, err := udiff.Apply(tt.before, edits)
			if err != nil || after != tt.after {
				t.Errorf("%q, %v", after, err)
			}
		})
	}
}

// byteOf is the byte at a line and a column of characters.
func byteOf(text string, line, column int) int {
	lines := strings.SplitAfter(text, "\n")
	start := len(strings.Join(lines[:line-1], ""))
	return start + len(string([]rune(text[start:])[:column-1]))
}

func TestFixesCarryNoSecret(t *testing.T) {
	const before = "a: 1\n"
	if _, ok := replacements(before, before+"environment: {DB_PASSWORD: hunter22}\n"); ok {
		t.Error("a secret is part of a fix")
	}
	// On a line that holds one, only what differs is replaced.
	const line = "web: {environment: {DB_PASSWORD: hunter22}, image: nginx}\n"
	got, ok := replacements(line, strings.Replace(line, "nginx}", "nginx, read_only: true}", 1))
	if !ok || len(got) != 1 || got[0].InsertedContent.Text != ", read_only: true" {
		t.Errorf("replacements = %+v", got)
	}
}

func TestUnknownIsNotified(t *testing.T) {
	run := sarifRunOf(t, theOutcome(t))
	var texts []string
	for _, n := range run.Invocations[0].ToolExecutionNotifications {
		texts = append(texts, n.Message.Text)
	}
	all := strings.Join(texts, "\n")
	for _, want := range []string{"shop/web: seccomp-unconfined of the layer seccomp is unknown", "shop/web: devices of the layer boundary is unknown: devices could not be read", "vanished", "expired on 2029-12-31"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in:\n%s", want, all)
		}
	}
	if run := sarifRunOf(t, policy.Policy{}.Apply(workbench.Audit{})); run.Results == nil {
		t.Error("no results is not an empty list")
	}
}
