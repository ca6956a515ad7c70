package observe

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAMomentCountsWhatIsDifferent(t *testing.T) {
	o := Observation{
		Syscalls: []Syscall{{Name: "read", Phase: Runtime}, {Name: "setns", Phase: Runtime}, {Name: "read", Phase: Start}, {Name: "read", Phase: Stop}, {Name: "write", Phase: Ready}},
		Checks: []Check{
			{Capability: "SETUID", Executable: "/bin/su", Phase: Start}, {Capability: "SETUID", Executable: "/bin/su", Phase: Stop},
			{Capability: "SETUID", Executable: "/bin/sudo"}, {Capability: "SETPCAP", Syscall: "capset"},
		},
		Files: []File{{Path: "/a"}, {Path: "/b"}},
	}
	want := Moment{Seconds: 1.5, Syscalls: 2, Capabilities: 2, Paths: 2}
	if diff := cmp.Diff(want, o.At(1500*time.Millisecond)); diff != "" {
		t.Error(diff)
	}
}

// However long a run goes on, its curve is bounded, in order, and ends with the
// latest moment.
func TestACurveIsThinnedOut(t *testing.T) {
	var curve []Moment
	for i := range 10_000 {
		curve = Later(curve, Moment{Seconds: float64(i)})
	}
	if len(curve) > mostMoments || len(curve) < mostMoments/2 || curve[len(curve)-1].Seconds != 9999 {
		t.Errorf("%d moments, the last at %v", len(curve), curve[len(curve)-1].Seconds)
	}
	for i := 1; i < len(curve); i++ {
		if curve[i].Seconds <= curve[i-1].Seconds {
			t.Fatalf("moment %d at %v comes after %v", i, curve[i].Seconds, curve[i-1].Seconds)
		}
	}
}
