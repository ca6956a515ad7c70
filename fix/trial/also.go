package trial

import (
	"fmt"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// also turns the dials that the person asked for besides, on top of the plan.
func (k Known) also(plan fix.Plan) (fix.Plan, []Refusal, Decision) {
	var refused []Refusal
	for _, turn := range []func(fix.Plan) (fix.Plan, []Refusal, Decision){k.asUser, k.limited, k.onLoopback} {
		next, more, d := turn(plan)
		if d.wants() {
			return plan, refused, d
		}
		plan, refused = next, append(refused, more...)
	}
	return plan, refused, Decision{}
}

// asUser starts the service as the user that all of its processes end up as:
// then it needs no capability to become that user.
func (k Known) asUser(plan fix.Plan) (fix.Plan, []Refusal, Decision) {
	user, ok := k.settledUser()
	if !k.Also.User || !ok || !k.Workload.Settings.Root() {
		return plan, nil, Decision{}
	}
	change := inspect.Change{Dial: inspect.DialUser, User: user}
	bare := with(plan, k.Keep).With(change)
	for _, candidate := range []fix.Plan{bare, plan.With(change)} {
		step := k.step(candidate, "run as "+user+" from the start", "All of its processes end up as that user.")
		switch k.standing(step) {
		case unknown:
			return plan, nil, Decision{Steps: []Step{step}}
		case passes:
			return candidate, nil, Decision{}
		}
	}
	return plan, []Refusal{{fix.NewPlan(change), k.why(plan.With(change))}}, Decision{}
}

// settledUser is the one user, not root, that every process of the baselines
// ran as once the service was ready.
func (k Known) settledUser() (string, bool) {
	user := ""
	for _, i := range k.expectation(false).Required {
		as := i.UID + ":" + i.GID
		// Only numbers as they are inside can be written down.
		if !i.Powers.Known || i.UID == "0" || user != "" && user != as {
			return "", false
		}
		user = as
	}
	return user, user != ""
}

// limited bounds memory and processes by the peaks that the baselines reached.
// The peaks of a trial are not those of production, so the headroom is ample.
func (k Known) limited(plan fix.Plan) (fix.Plan, []Refusal, Decision) {
	limits := k.headroom()
	if !k.Also.Limits || len(limits) == 0 {
		return plan, nil, Decision{}
	}
	candidate := plan.With(limits...)
	step := k.step(candidate, fix.NewPlan(limits...).String(), "The peaks of the baselines, with headroom.")
	switch k.standing(step) {
	case unknown:
		return plan, nil, Decision{Steps: []Step{step}}
	case fails:
		return plan, []Refusal{{fix.NewPlan(limits...), k.why(candidate)}}, Decision{}
	}
	return candidate, nil, Decision{}
}

const (
	mebi           = 1 << 20
	leastMemory    = 32 * mebi
	leastProcesses = 32
)

// headroom is four times the peaks, and never so little that a shell inside
// would be refused. Limits that are set already stay.
func (k Known) headroom() []inspect.Change {
	peak := k.peak()
	today := k.Workload.Settings.Limits
	var out []inspect.Change
	if peak.Memory > 0 && today.Memory == 0 {
		out = append(out, inspect.Change{Dial: inspect.DialMemory, Limit: max(leastMemory, roundUp(4*peak.Memory, 16*mebi))})
	}
	if peak.Processes > 0 && today.PIDs <= 0 {
		out = append(out, inspect.Change{Dial: inspect.DialPIDs, Limit: max(leastProcesses, roundUp(4*peak.Processes, 8))})
	}
	return out
}

func (k Known) peak() health.Peak {
	var peak health.Peak
	for _, r := range readings(k.baselines(false)) {
		peak = peak.Max(r.Peak)
	}
	return peak
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }

// onLoopback binds what is published everywhere to loopback. No trial can say
// whether somebody needs it from elsewhere.
func (k Known) onLoopback(plan fix.Plan) (fix.Plan, []Refusal, Decision) {
	if !k.Also.Loopback {
		return plan, nil, Decision{}
	}
	for _, port := range k.Workload.Settings.Ports {
		if port.Everywhere() {
			plan = plan.With(inspect.Change{Dial: inspect.DialLoopback, Port: port.Published()})
		}
	}
	return plan, nil, Decision{}
}

// rootOwned says what the plan lacks on volumes that belong to root, as an
// empty directory of the host does; "" where that is no question.
func (k Known) rootOwned(plan fix.Plan) (string, Decision) {
	keep, speaks := plan.Capabilities()
	if !k.Volumes || !speaks {
		return "", Decision{}
	}
	if missing := k.rootOwnedBaseline(); len(missing) > 0 {
		return "", Decision{Steps: missing}
	}
	if base := k.baselines(true); base[0].Verdict == Failed {
		return "On volumes that belong to root it does not work under today's settings either.", Decision{}
	}
	used, seen := k.usedOnRootOwned(keep)
	for _, add := range k.owning(keep, used) {
		step := k.step(with(plan, keep.Union(add)), "the plan on volumes that belong to root", "An empty directory of the host would belong to root.")
		if add != 0 {
			step.Purpose = "the same with " + add.String()
		}
		switch {
		case seen && add == used:
			step = step.likely(Passed)
		case seen:
			step = step.likely(Failed)
		}
		step.RootOwned = true
		switch k.standing(step) {
		case unknown:
			return "", Decision{Steps: []Step{step}}
		case passes:
			return ownedNote(add), Decision{}
		}
	}
	return "On volumes that belong to root, such as an empty directory of the host, the plan breaks it; which capabilities would mend that was not found.", Decision{}
}

// rootOwnedBaseline is the baseline on volumes that belong to root, where one
// is wanted and was not run yet.
func (k Known) rootOwnedBaseline() []Step {
	if !k.Volumes || len(k.baselines(true)) > 0 {
		return nil
	}
	return []Step{{Purpose: "baseline on volumes that belong to root", Baseline: true, RootOwned: true, Watch: true, Notch: k.Notch}}
}

func ownedNote(add inspect.CapSet) string {
	if add == 0 {
		return "The plan also works on volumes that belong to root, such as an empty directory of the host."
	}
	needs := "needs"
	if add.Len() > 1 { // which of them was not asked
		needs = "breaks, and works with"
	}
	return fmt.Sprintf("On volumes that belong to root, such as an empty directory of the host, it %s %s as well.", needs, add)
}

// usedOnRootOwned are the capabilities beyond those kept that the baseline on
// volumes of root's was seen to use; seen is false where nobody watched it.
func (k Known) usedOnRootOwned(keep inspect.CapSet) (used inspect.CapSet, seen bool) {
	for _, t := range k.baselines(true) {
		if t.Reading != nil && t.Reading.Watched != nil && !t.Reading.Watched.Unwatched {
			return t.Reading.Watched.Caps() & k.Workload.Settings.Capabilities().Without(keep), true
		}
	}
	return 0, false
}

// owning are the additions to try on volumes of root's: none, what was seen to be
// used there, what the logs complain of, and the capabilities that have to do
// with owners.
func (k Known) owning(keep, used inspect.CapSet) []inspect.CapSet {
	may := k.Workload.Settings.Capabilities().Without(keep)
	var said inspect.CapSet
	for _, t := range k.tried(true) {
		if t.Verdict == Failed {
			suspected, _ := suspects(t)
			said |= suspected
		}
	}
	return union([]inspect.CapSet{0}, []inspect.CapSet{used, said & may, owner & may, (owner | files) & may},
		func(a, b inspect.CapSet) bool { return a == b })
}

var (
	owner = inspect.ParseCaps([]string{"CHOWN"})
	files = inspect.ParseCaps([]string{"DAC_OVERRIDE", "FOWNER"})
)
