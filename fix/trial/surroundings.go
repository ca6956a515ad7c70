package trial

import (
	"bulkhead/fix"
	"bulkhead/inspect"
)

// surroundings finds what is around the capabilities: the root filesystem and
// no-new-privileges. Both are tried together; where the root filesystem cannot
// be mended by what its failures say, no-new-privileges is tried alone, and
// only where that fails, too, the root filesystem alone.
func (k Known) surroundings() (base fix.Plan, refused []Refusal, d Decision) {
	root, readOnly := k.readOnlyRoot()
	var noNew fix.Plan
	if !k.Workload.Settings.NoNewPrivileges {
		noNew = fix.NewPlan(inspect.Change{Dial: inspect.DialNoNewPrivileges})
	}
	if !readOnly {
		return k.either(noNew, "")
	}
	both, end, d := k.mended(root.With(noNew.Changes...))
	if d.wants() || end == passes {
		return both, nil, d
	}
	refused = append(refused, Refusal{root, k.why(both)})
	if noNew.Empty() {
		return fix.Plan{}, refused, Decision{}
	}
	alone, more, d := k.either(noNew, "It broke together with a read-only root filesystem.")
	if d.wants() || len(more) == 0 {
		return alone, refused, d
	}
	root, end, d = k.mended(root)
	if d.wants() || end == passes {
		return root, more, d
	}
	return fix.Plan{}, []Refusal{{root, k.why(root)}, more[0]}, Decision{}
}

// either tries a plan that cannot be mended: it stays or it goes.
func (k Known) either(plan fix.Plan, because string) (fix.Plan, []Refusal, Decision) {
	if plan.Empty() {
		return plan, nil, Decision{}
	}
	step := k.step(plan, plan.String(), because).likely(Passed)
	switch k.standing(step) {
	case unknown:
		return plan, nil, Decision{Steps: []Step{step}}
	case fails:
		return fix.Plan{}, []Refusal{{plan, k.why(plan)}}, Decision{}
	}
	return plan, nil, Decision{}
}

// why is what the plan's last failed trial said.
func (k Known) why(plan fix.Plan) string {
	t, _ := k.failure(plan)
	return brief(t.Evidence)
}
