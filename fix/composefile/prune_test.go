package composefile

import (
	"context"
	"path/filepath"
	"testing"

	"bulkhead/fix"
)

// An edit is read back from the part of the project that the service depends
// on, unless another service takes something over from it.
func TestReload(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		whole   bool
	}{
		"many others":      {string(manyServices(20)), false},
		"alone":            {"services:\n  s0000:\n    image: x\n", true},
		"depends on one":   {"services:\n  other:\n    image: x\n  s0000:\n    image: x\n    depends_on: [db]\n  db:\n    image: x\n", false},
		"extends one":      {"services:\n  other:\n    image: x\n  s0000:\n    extends: {service: db}\n  db:\n    image: x\n", false},
		"anchor elsewhere": {"services:\n  other:\n    image: x\n    environment: &e {A: b}\n  s0000:\n    image: x\n    environment: *e\n", true},
		"is extended":      {"services:\n  other:\n    extends: {service: s0000}\n  s0000:\n    image: x\n", true},
		"lends its mounts": {"services:\n  other:\n    image: x\n    volumes_from: [s0000]\n  s0000:\n    image: x\n", true},
		"in braces":        {"services: {other: {image: x}, s0000: {image: x}}\n", true},
	} {
		for variant, vary := range variants {
			t.Run(name+" "+variant, func(t *testing.T) {
				v := verifierOf(t, vary([]byte(test.content)))
				p, whole, err := v.reload(context.Background(), v.request.Content)
				if err != nil || whole != test.whole {
					t.Errorf("whole: %v (%v), want %v", whole, err, test.whole)
				}
				if w, ok := p.Workload("s0000"); !ok || !fix.Same(w.Settings, v.workload.Settings) {
					t.Errorf("the service came back as %+v", w)
				}
			})
		}
	}
}

// verifierOf is what an edit of s0000 is checked against.
func verifierOf(t *testing.T, content []byte) verifier {
	t.Helper()
	path := filepath.Join(t.TempDir(), "compose.yaml")
	r := Request{Path: path, Files: []string{path}, Content: content, Service: "s0000", Plan: wholePlan(t)}
	before, err := r.loadBefore(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	w, _ := before.Workload(r.Service)
	src, root, err := r.read()
	if err != nil {
		t.Fatal(err)
	}
	l, err := locate(src, root, r.Service, false)
	if err != nil {
		t.Fatal(err)
	}
	return verifier{request: r, before: before, workload: w, layout: l}
}
