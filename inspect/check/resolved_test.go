package check

import (
	"strings"
	"testing"

	"bulkhead/inspect"
)

// What could not be read is unknown, never fine and never a finding by default;
// what does stand in the file still counts.
func TestUnresolvedSettingsAreUnknown(t *testing.T) {
	w := inspect.Workload{
		Name:       "shop/web",
		Settings:   inspect.Settings{Namespaces: inspect.Namespaces{PID: "host"}},
		Sources:    inspect.Sources{"": {Origin: inspect.FromCompose, File: "compose.yaml", Line: 2}, "pid": {Origin: inspect.FromCompose, File: "compose.yaml", Line: 4}},
		Unresolved: map[string]string{"extends": "base.yaml is not there"},
	}
	for _, l := range Audit(w, inspect.Host{}).Layers {
		switch {
		case l.Layer == inspect.LayerBoundary:
			if l.State != inspect.Open || len(l.Findings) != 1 {
				t.Errorf("%s: %s, %d findings", l.Layer, l.State, len(l.Findings))
			}
		case l.Layer == inspect.LayerDetection:
			// It is read from the host, not from the file.
			if l.State != inspect.Unknown || len(l.Findings) != 0 {
				t.Errorf("%s: %s, %d findings", l.Layer, l.State, len(l.Findings))
			}
		case l.State != inspect.Unknown || !strings.Contains(l.Reason, "base.yaml is not there") || len(l.Findings) != 0:
			t.Errorf("%s: %s (%s), %d findings", l.Layer, l.State, l.Reason, len(l.Findings))
		}
	}
	w.Unresolved = map[string]string{"read_only": "${RO} is not set"}
	for _, l := range Audit(w, inspect.Host{}).Layers {
		if unknown := l.State == inspect.Unknown; l.Layer == inspect.LayerRootFS && !unknown || l.Layer == inspect.LayerCapabilities && unknown {
			t.Errorf("%s: %s", l.Layer, l.State)
		}
	}
}
