package check

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkhead/inspect"
	"bulkhead/inspect/compose"
)

// TestExamples runs what the catalogue shows: each check finds fault with its
// bad example and with nothing in the good one, alone and in the whole audit.
func TestExamples(t *testing.T) {
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			if found := audit(t, c, c.Bad); found == 0 {
				t.Errorf("nothing is found in\n%s", c.Bad)
			}
			if found := audit(t, c, c.Good); found > 0 {
				t.Errorf("%d findings in\n%s", found, c.Good)
			}
		})
	}
}

// audit reads the example, audits it, and counts the check's findings.
func audit(t *testing.T, c Check, example string) int {
	t.Helper()
	w, h := read(t, example)
	layers := Audit(w, h).Layers
	if c.Layer == inspect.LayerEngine {
		layers = []inspect.LayerState{Engine(h)}
	}
	found := 0
	for _, l := range layers {
		for _, f := range l.Findings {
			if f.ID == c.ID {
				found++
			}
			if f.Reason == "" || f.Title == "" || f.Evidence == "" || f.Why == "" || f.Fix == "" || f.Layer != l.Layer {
				t.Errorf("an incomplete finding: %+v", f)
			}
		}
	}
	return found
}

func read(t *testing.T, example string) (inspect.Workload, inspect.Host) {
	t.Helper()
	host := engineHost
	host.AppArmor = true
	if !strings.HasPrefix(example, "{") {
		return readCompose(t, example), host
	}
	w := inspect.Workload{Name: "web", ID: "0123", Image: "web:1"}
	both := struct {
		Host     *inspect.Host
		Workload *inspect.Workload
	}{&host, &w}
	d := json.NewDecoder(bytes.NewReader([]byte(example)))
	d.DisallowUnknownFields()
	if err := d.Decode(&both); err != nil {
		t.Fatalf("%v in %s", err, example)
	}
	return *both.Workload, *both.Host
}

func readCompose(t *testing.T, example string) inspect.Workload {
	t.Helper()
	file := filepath.Join(t.TempDir(), "compose.yaml")
	if err := os.WriteFile(file, []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := compose.Load(context.Background(), compose.Options{Files: []string{file}})
	if err != nil || !p.Strict || len(p.Workloads) != 1 {
		t.Fatalf("%v, strict %v, in\n%s", err, p.Strict, example)
	}
	return p.Workloads[0]
}
