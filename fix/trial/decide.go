package trial

import (
	"fmt"

	"bulkhead/fix"
)

// Decision is what is wanted next: exactly one of its fields speaks.
type Decision struct {
	// Steps are wanted now, the most urgent first. A step that is under way and
	// not among them is of no more use.
	Steps []Step
	// Survey are paths of the image to look at.
	Survey []string
	// Loosen says that the copy does not work in its isolation.
	Loosen *BaselineError
	// Outcome is the end.
	Outcome *Outcome
}

// Outcome is where a search ends.
type Outcome struct {
	Plan   fix.Plan
	Proved bool
	// Refused are plans that were given up, with what they broke.
	Refused []Refusal
	Notes   []string
	// Err is a *BaselineError where nothing could be learned.
	Err error
}

// Refusal is a plan that was given up.
type Refusal struct {
	Plan fix.Plan
	Why  string
}

// wants says that something has to be done before the search can go on.
func (d Decision) wants() bool {
	return len(d.Steps)+len(d.Survey) > 0 || d.Loosen != nil || d.Outcome != nil
}

// Decide says what is wanted next: a working baseline; then, where it was
// watched, what that foretells, all at once; else, or where that fails, what is
// around the capabilities, because it changes which of them are needed, and then
// the capabilities; then the dials that were asked for besides; at the end the
// proof. It is pure.
func Decide(k Known) Decision { return k.ahead(k.decide()) }

func (k Known) decide() Decision {
	if d := k.baseline(); d.wants() {
		return d
	}
	plan, refused, found, d := k.tightest()
	if d.wants() {
		return k.bounded(d, plan)
	}
	out := Outcome{Refused: refused}
	if !found {
		out.Notes = append(out.Notes, "No set of capabilities passed, not even all that it has today. The service may be too unsteady to compare; an --exercise or a healthcheck would help.")
	}
	plan, more, d := k.also(plan)
	if d.wants() {
		return k.bounded(d, plan)
	}
	out.Refused = append(out.Refused, more...)
	out.Plan = plan
	if plan.Empty() {
		out.Notes = append(out.Notes, "There is nothing to tighten that a trial could prove.")
		return Decision{Outcome: &out}
	}
	if d := k.confirm(plan); d.wants() {
		return k.bounded(d, plan)
	}
	out.Proved = k.confirmed(plan) >= confirmations
	note, d := k.rootOwned(plan)
	if out.Proved && d.wants() {
		return d
	}
	if note != "" {
		out.Notes = append(out.Notes, note)
	}
	return Decision{Outcome: &out}
}

// tightest finds the surroundings and the capabilities; where none of the
// latter pass, it has found the surroundings alone. With a decision to make, the
// plan is what stands so far.
func (k Known) tightest() (plan fix.Plan, refused []Refusal, found bool, d Decision) {
	base, enough, passed, d := k.foretold()
	if d.wants() {
		return fix.Plan{}, nil, false, d
	}
	granted := k.Workload.Settings.Capabilities()
	if !passed {
		if base, refused, d = k.surroundings(); d.wants() || granted == 0 {
			return base, refused, true, d
		}
		if enough, passed, d = k.climb(base, granted); d.wants() || !passed {
			return base, refused, false, d
		}
	}
	set, d := k.minimal(base, enough)
	if d.wants() {
		return base, refused, true, d
	}
	return with(base, set), refused, true, d
}

// bounded ends a search that has run too many trials.
func (k Known) bounded(d Decision, sofar fix.Plan) Decision {
	if len(k.Trials) < mostTrials {
		return d
	}
	return Decision{Outcome: &Outcome{Plan: sofar, Notes: []string{
		fmt.Sprintf("The search was ended after %d trials: the service does not answer alike from run to run.", len(k.Trials)),
	}}}
}

// confirmations is how often the final plan must pass in runs that were not why
// it was chosen.
const confirmations = 2

// confirm wants the final plan run until it has passed often enough.
func (k Known) confirm(plan fix.Plan) Decision {
	if k.standing(Step{Plan: plan}) == fails {
		return Decision{}
	}
	var d Decision
	for n := k.confirmed(plan); n < confirmations; n++ {
		purpose := "confirm the plan"
		if n > 0 {
			purpose = "confirm it again"
		}
		d.Steps = append(d.Steps, Step{Purpose: purpose, Plan: plan, Confirm: true, Watch: true, Notch: k.Notch, Likely: Passed})
	}
	return d
}

// confirmed counts the trials that the plan passed and that were not why it was
// chosen; none where one of its trials failed.
func (k Known) confirmed(plan fix.Plan) int {
	if k.standing(Step{Plan: plan}) == fails {
		return 0
	}
	n := 0
	for _, t := range k.of(Step{Plan: plan}) {
		if t.proves() && t.Verdict == Passed {
			n++
		}
	}
	return n
}

// step is a trial of the plan.
func (k Known) step(plan fix.Plan, purpose, because string) Step {
	return Step{Purpose: purpose, Because: because, Plan: plan, Watch: true, Notch: k.Notch}
}

// likely says how the step will end if the evidence does not mislead.
func (s Step) likely(v Verdict) Step {
	s.Likely = v
	return s
}
