package check

import (
	"testing"

	"bulkhead/inspect"
)

// TestSeverityFollowsFromTheAxes holds the written rule, which the catalogue
// shows as a table.
func TestSeverityFollowsFromTheAxes(t *testing.T) {
	for _, tt := range []struct {
		gain   gain
		door   door
		want   inspect.Severity
		reason string
	}{
		{theHost, direct, inspect.Critical, "gains the host; a documented command suffices"},
		{theHost, withStep, inspect.High, "gains the host; another flaw or circumstance must help"},
		{others, direct, inspect.High, "gains data, traffic or service of others; a documented command suffices"},
		{others, withStep, inspect.Medium, "gains data, traffic or service of others; another flaw or circumstance must help"},
		{itself, direct, inspect.Medium, "gains staying power or privilege inside the container; a documented command suffices"},
		{itself, withStep, inspect.Low, "gains staying power or privilege inside the container; another flaw or circumstance must help"},
	} {
		if f := rate(tt.gain, tt.door, inspect.Finding{}); f.Severity != tt.want || f.Reason != tt.reason {
			t.Errorf("%s; %s: %s, because it %s", tt.gain, tt.door, f.Severity, f.Reason)
		}
	}
	if f := inform(inspect.Finding{Severity: inspect.High}); f.Severity != inspect.Info || f.Reason == "" {
		t.Errorf("%+v", f)
	}
}

// TestEveryFindingSaysWhyItIsThatSevere looks at all findings of all examples.
func TestEveryFindingSaysWhyItIsThatSevere(t *testing.T) {
	reasons := map[string]inspect.Severity{inform(inspect.Finding{}).Reason: inspect.Info}
	for g := itself; g <= theHost; g++ {
		for d := withStep; d <= direct; d++ {
			f := rate(g, d, inspect.Finding{})
			reasons[f.Reason] = f.Severity
		}
	}
	for _, c := range All() {
		w, h := read(t, c.Bad)
		for _, l := range append(Audit(w, h).Layers, Engine(h)) {
			for _, f := range l.Findings {
				if severity, known := reasons[f.Reason]; !known || severity != f.Severity {
					t.Errorf("%s of %s is %s, because it %q", f.ID, c.ID, f.Severity, f.Reason)
				}
			}
		}
	}
}
