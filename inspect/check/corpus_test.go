package check

import (
	"os"
	"path/filepath"
	"testing"

	"bulkhead/inspect"
	"bulkhead/inspect/compose"
)

// Every finding about a real Compose file says where in which file it comes from.
func TestAuditCorpus(t *testing.T) {
	dir := os.Getenv("BULKHEAD_CORPUS")
	if dir == "" {
		t.Skip("BULKHEAD_CORPUS names no directory of real Compose files")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.y*ml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Compose files in %s: %v", dir, err)
	}
	workloads, findings := 0, 0
	for _, file := range files {
		project, err := compose.Load(t.Context(), compose.Options{Files: []string{file}})
		if err != nil {
			t.Logf("%s: %v", filepath.Base(file), err) // refused with its reason
			continue
		}
		for _, w := range project.Workloads {
			workloads++
			audited := Audit(w, inspect.Host{})
			if len(audited.Layers) != len(inspect.Layers()) {
				t.Errorf("%s: %s has %d layers", filepath.Base(file), w.Name, len(audited.Layers))
			}
			for _, f := range audited.Findings() {
				findings++
				if f.Source.File == "" || f.Source.Line == 0 {
					t.Errorf("%s: %s: %s has no source line", filepath.Base(file), w.Name, f.ID)
				}
			}
		}
	}
	t.Logf("%d findings about %d services in %d files", findings, workloads, len(files))
}
