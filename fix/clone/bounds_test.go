package clone

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"

	"bulkhead/fix"
	"bulkhead/inspect"
)

// What limits nothing is bounded; limits of the original and of a plan stay as
// they are, and the original is not touched.
func TestBoundsFillInWhatIsMissing(t *testing.T) {
	type limits struct {
		Memory, Processes int64
		Note              string
	}
	few, unlimited := int64(50), int64(-1)
	for name, c := range map[string]struct {
		h    container.HostConfig
		plan fix.Plan
		want limits
	}{
		"none":      {want: limits{8 << 30, 4096, "A copy gets at most half of the machine's memory and 4096 processes, so that it cannot starve the rest; that is no part of the plan."}},
		"unlimited": {h: container.HostConfig{Resources: container.Resources{Memory: 1 << 20, PidsLimit: &unlimited}}, want: limits{1 << 20, 4096, "A copy gets at most 4096 processes, so that it cannot starve the rest; that is no part of the plan."}},
		"reserved":  {h: container.HostConfig{Resources: container.Resources{MemoryReservation: 9 << 30, PidsLimit: &few}}, want: limits{9 << 30, few, "A copy gets at most half of the machine's memory, so that it cannot starve the rest; that is no part of the plan."}},
		"both":      {h: container.HostConfig{Resources: container.Resources{Memory: 1 << 20, PidsLimit: &few}}, want: limits{1 << 20, few, ""}},
		"of a plan": {plan: fix.NewPlan(inspect.Change{Dial: inspect.DialPIDs, Limit: 64}), want: limits{8 << 30, 64, "A copy gets at most half of the machine's memory and 4096 processes, so that it cannot starve the rest; that is no part of the plan."}},
	} {
		t.Run(name, func(t *testing.T) {
			b := bounds{memory: 8 << 30, processes: mostProcesses}
			spec := Spec{HostConfig: c.h}.Under(c.plan)
			b.on(&spec.HostConfig)
			got := limits{spec.HostConfig.Memory, *spec.HostConfig.PidsLimit, b.note(c.h)}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNoBoundIsClaimedThatTheEngineCannotSet(t *testing.T) {
	cannot := func(what string) string {
		return "This engine cannot limit " + what + ": a copy that grows without end can starve the machine."
	}
	few := int64(50)
	for name, c := range map[string]struct {
		b    bounds
		h    container.HostConfig
		want string
	}{
		"neither":    {bounds{}, container.HostConfig{}, cannot("memory and processes")},
		"processes":  {bounds{processes: mostProcesses}, container.HostConfig{}, "A copy gets at most 4096 processes, so that it cannot starve the rest; that is no part of the plan. " + cannot("memory")},
		"limited":    {bounds{}, container.HostConfig{Resources: container.Resources{Memory: 1 << 20, PidsLimit: &few}}, ""},
		"one of two": {bounds{}, container.HostConfig{Resources: container.Resources{PidsLimit: &few}}, cannot("memory")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.b.note(c.h); got != c.want {
				t.Errorf("it says %q, want %q", got, c.want)
			}
			before := c.h.Resources
			if c.b.on(&c.h); c.b == (bounds{}) && !cmp.Equal(before, c.h.Resources) {
				t.Errorf("it sets %+v", c.h.Resources)
			}
		})
	}
}
