package composefile

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bulkhead/inspect"
	"bulkhead/inspect/compose"
)

// In real files every secret either moves, or is refused with a reason, and its
// value is shown in neither case.
func TestCorpusMoveSecret(t *testing.T) {
	moved, reasons := 0, map[string]int{}
	for _, file := range corpus(t) {
		p, err := compose.Load(context.Background(), compose.Options{Files: []string{file.path}, Overlay: map[string][]byte{file.path: file.content}})
		if err != nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(p.Compose.Services)) {
			w, _ := p.Workload(name)
			for _, variable := range w.Settings.Env {
				if !inspect.SecretName(variable) {
					continue
				}
				r := Request{Path: file.path, Content: file.content, Service: name, Project: &p}
				r.Plan = r.Plan.With(inspect.MoveSecret(name, w.Image, variable))
				e, err := Edit(context.Background(), r)
				shown := strings.Join(e.Notes, "\n") + Diff(r.Path, r.Content, e.Content)
				for _, f := range e.Files {
					shown += FileDiff(f)
				}
				var refused *RefusedError
				switch {
				case errors.As(err, &refused):
					shown = err.Error() + refused.Next
					reasons[strings.ReplaceAll(strings.ReplaceAll(refused.Reason, variable, "X"), name, "S")]++
				case err != nil:
					t.Errorf("%s, %s: %v", filepath.Base(file.path), name, err)
				default:
					moved++
				}
				// A value that stands in the file but once cannot be shown for
				// another reason.
				value := p.Compose.Services[name].Environment[variable]
				if value != nil && len(*value) >= 8 && strings.Count(string(file.content), *value) == 1 && strings.Contains(shown, *value) {
					t.Errorf("%s, %s: the value of %s is shown", filepath.Base(file.path), name, variable)
				}
			}
		}
	}
	if moved == 0 {
		t.Error("nothing was moved")
	}
	t.Logf("%d secrets moved", moved)
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		t.Logf("%4d %s", reasons[reason], reason)
	}
}
