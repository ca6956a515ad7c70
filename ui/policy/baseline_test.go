package policy

import (
	"errors"
	"strings"
	"testing"

	"bulkhead/inspect"
)

func TestParseBaselineRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, says string }{
		{"nothing", "", "not whole JSON"},
		{"half a file", `{"schemaVersion": 1, "workl`, "not whole JSON"},
		{"two files", `{"schemaVersion": 1, "workloads": []} {}`, "not whole JSON"},
		{"a list", `[]`, "not an audit"},
		{"another program's", `{"version": "2.1.0", "runs": []}`, "not an audit"},
		{"a trial's", `{"schemaVersion": 1, "workload": "web", "trials": []}`, "not an audit"},
		{"a newer one", `{"schemaVersion": 7, "workloads": []}`, "schemaVersion is 7"},
		{"a part of one", `{"schemaVersion": 1, "workloads": [], "baseline": {"known": 4}}`, "--baseline"},
		{"workloads of another shape", `{"schemaVersion": 1, "workloads": [{"name": "a"}]}`, "workload 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseBaseline("old.json", []byte(tt.text))
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), `"old.json"`) || e.Hint() == "" {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func TestFingerprint(t *testing.T) {
	f := func(id, evidence string, line int) inspect.Finding {
		return inspect.Finding{ID: id, Evidence: evidence, Source: inspect.Source{File: "c.yaml", Line: line}}
	}
	first := f("limits", "mem_limit is not set (compose.yaml:6:9).", 6)
	for _, tt := range []struct {
		name     string
		workload string
		other    inspect.Finding
		same     bool
	}{
		{"another line", "w", f("limits", "mem_limit is not set (compose.yaml:16:3).", 16), true},
		{"other spaces and case", "w", f("limits", "Mem_limit  is not set (compose.yaml:6:9).", 6), true},
		{"another workload", "v", first, false},
		{"another check", "w", f("user-root", first.Evidence, 6), false},
		{"another fact", "w", f("limits", "pids_limit is not set (compose.yaml:6:9).", 6), false},
	} {
		if got := Fingerprint(tt.workload, tt.other) == Fingerprint("w", first); got != tt.same {
			t.Errorf("%s: same is %v", tt.name, got)
		}
	}
	port := Fingerprint("w", f("published-ports", "port 8080 is published", 1))
	if port == Fingerprint("w", f("published-ports", "port 8081 is published", 1)) {
		t.Error("two ports are one finding")
	}
	pid := Fingerprint("w", f("actual-user", "process 4711 is root in container 0123456789ab", 1))
	if pid != Fingerprint("w", f("actual-user", "process 12 is root in container ba9876543210", 1)) {
		t.Error("a process number tells findings apart")
	}
}

func FuzzParseBaseline(f *testing.F) {
	f.Add([]byte(`{"schemaVersion": 1, "workloads": [{"name": "w", "layers": [{"findings": [{"id": "a", "evidence": "b"}]}]}]}`))
	f.Add([]byte(`{"schemaVersion": 1, "engineLayer": {"findings": []}, "workloads": []}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := ParseBaseline("f", text)
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("error of type %T", err)
		}
		if err != nil && b.known != nil {
			t.Fatal("a broken baseline knows something")
		}
		if err != nil && inspect.Printable(e.Problem) != e.Problem {
			t.Fatalf("the problem is not printable: %q", e.Problem)
		}
	})
}
