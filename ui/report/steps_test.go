package report

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/ui/policy"
	"bulkhead/ui/workbench"
)

// What several workloads lack for the same reason is one step, and of equals the
// one that concerns the most stands first.
func TestStepsJoinWorkloads(t *testing.T) {
	finding := func(id string, s inspect.Severity, fix string, changes ...inspect.Change) inspect.Finding {
		return inspect.Finding{ID: id, Severity: s, Fix: fix, Reason: "gains something", Changes: changes}
	}
	readOnly := finding("read-only-root", inspect.Medium, "make it read-only", inspect.Change{Dial: inspect.DialReadOnlyRoot})
	user := finding("user-root", inspect.Medium, "set a user")
	var a workbench.Audit
	a.Host.Name = "harbour"
	a.Engine = layer(inspect.LayerEngine, inspect.Open, "root", finding("engine-root", inspect.High, "run it rootless"))
	for i, found := range [][]inspect.Finding{
		{finding("capabilities", inspect.Critical, "remove A"), finding("detection", inspect.Info, "run Falco")},
		{finding("devices", inspect.Medium, "remove it"), user},
		{user, readOnly, finding("capabilities", inspect.Medium, "remove B")},
		{user, finding("limits", inspect.Medium, "1"), finding("limits", inspect.Medium, "2"), finding("limits", inspect.Medium, "3")},
		{user},
	} {
		a.Workloads = append(a.Workloads, inspect.Audited{
			Workload: inspect.Workload{Name: fmt.Sprintf("w%d", i)},
			Layers:   []inspect.LayerState{layer(inspect.LayerUser, inspect.Open, "", found...)},
		})
	}
	limits, _ := check.ByID("limits")
	var got []string
	for _, s := range steps(policy.Policy{}.Apply(a)) {
		got = append(got, fmt.Sprintf("%s: %s; %s", s.Severity, s.do(), s.because()))
	}
	want := []string{
		"critical: remove A; capabilities in w0: gains something",
		"high: run it rootless; engine-root in the engine: gains something",
		"medium: make it read-only; read-only-root in w2: gains something; a trial can prove the mend",
		"medium: set a user; user-root in w1, w2, w3 and 1 more: gains something",
		"medium: remove it; devices in w1: gains something",
		"medium: remove B; capabilities in w2: gains something",
		"medium: " + limits.Fix + "; limits in w3: gains something",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if all := steps(policy.Policy{}.Apply(workbench.Audit{})); len(all) != 0 || further(all) != "" {
		t.Errorf("of nothing: %+v", all)
	}
}
