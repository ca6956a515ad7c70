package inspect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is unknown beside something worse is told apart; where the layer itself
// is unknown, its reason says it.
func TestUnknownBeside(t *testing.T) {
	unknown := CheckState{Check: "a", State: Unknown, Reason: "not read"}
	open := CheckState{Check: "b", State: Open, Reason: "seen"}
	for _, tt := range []struct {
		state State
		want  []CheckState
	}{
		{Open, []CheckState{unknown}}, {Partly, []CheckState{unknown}}, {Unknown, nil}, {Closed, nil}, {NotApplicable, nil},
	} {
		l := LayerState{State: tt.state, Checks: []CheckState{open, unknown}}
		if diff := cmp.Diff(tt.want, l.UnknownBeside()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.state, diff)
		}
		if len(l.Checks) != 2 || l.Checks[0] != open {
			t.Errorf("%s: the layer's checks were changed: %+v", tt.state, l.Checks)
		}
	}
}
