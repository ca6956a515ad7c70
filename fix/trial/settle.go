package trial

import (
	"context"
	"errors"
	"slices"

	"bulkhead/fix"
	"bulkhead/inspect"
)

// Advance does the one thing that Decide wants next: it runs the most urgent
// step, looks at the image, makes the isolation looser, or ends the search. The
// result's Finished says that it has ended. Its errors are those of Run.
func (s *Search) Advance(ctx context.Context) (Result, error) {
	if err := s.loosenAgain(ctx); err != nil {
		return s.Result(), s.cause(ctx, err)
	}
	d := Decide(s.Known())
	s.tellNotes()
	var err error
	switch {
	case d.Outcome != nil:
		return s.end(*d.Outcome)
	case d.Loosen != nil:
		err = s.loosen(ctx, d.Loosen)
	case len(d.Survey) > 0:
		err = s.survey(ctx, d.Survey)
	default:
		_, err = s.one(ctx, d.Steps[0])
	}
	if err != nil {
		err = s.cause(ctx, err)
	}
	return s.Result(), err
}

// Grid is what is known of the capabilities so far.
func (s *Search) Grid() Grid {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grid
}

// Keep saves the search as it is, with what a person overruled, so that it can
// be carried on.
func (s *Search) Keep() error { return s.save() }

// ErrNothingToSettle says that a plan without a change was to be confirmed.
var ErrNothingToSettle = errors.New("the plan changes nothing, so there is nothing to confirm")

// Settle confirms a plan of the person's choice, as the search confirms its own,
// and ends the search with it. Where the plan fails, the search has not ended:
// neither Finished nor Proved is set, and the trial that failed is among the
// result's.
func (s *Search) Settle(ctx context.Context, plan fix.Plan) (Result, error) {
	if plan.Empty() {
		return s.Result(), ErrNothingToSettle
	}
	for {
		k := s.Known()
		d := k.confirm(plan)
		if !d.wants() {
			break
		}
		step := d.Steps[0]
		step.ByHand, step.Because = true, "You chose this plan."
		if _, err := s.one(ctx, step); err != nil {
			return s.Result(), s.cause(ctx, err)
		}
	}
	k := s.Known()
	if k.confirmed(plan) < confirmations {
		return s.Result(), nil
	}
	return s.end(Outcome{Plan: plan, Proved: true, Refused: k.refusedBeside(plan)})
}

// refusedBeside are the surroundings that were given up and are not in the plan.
func (k Known) refusedBeside(plan fix.Plan) []Refusal {
	_, refused, _ := k.surroundings()
	return slices.DeleteFunc(refused, func(r Refusal) bool { return plan.Has(r.Plan.Changes[0].Dial) })
}

// Sofar is the tightest plan whose trials passed: the one with the most dials
// closed; of equals the one with the fewest capabilities, then the later. It is
// empty where none passed.
func (k Known) Sofar() fix.Plan {
	var best fix.Plan
	for _, t := range k.tried(false) {
		if !t.Baseline && k.standing(t.Step) == passes && !k.tighter(best, t.Plan) {
			best = t.Plan
		}
	}
	return best
}

// tighter says that a closes more than b.
func (k Known) tighter(a, b fix.Plan) bool {
	if closed(a) != closed(b) {
		return closed(a) > closed(b)
	}
	return k.Holds(a).Len() < k.Holds(b).Len()
}

// closed counts the dials that a plan closes. A tmpfs or a volume closes
// nothing: it is what a read-only root filesystem takes.
func closed(p fix.Plan) int {
	return len(p.Without(inspect.DialTmpfs, inspect.DialVolume).Changes)
}

// Holds are the capabilities that the workload holds under the plan.
func (k Known) Holds(p fix.Plan) inspect.CapSet {
	if keep, ok := p.Capabilities(); ok {
		return keep
	}
	return k.Workload.Settings.Capabilities()
}

// Dials are the tightenings that the workload and its baselines offer besides
// capabilities, each as the changes that belong together. Nothing says yet that
// it works with them.
func (k Known) Dials() []fix.Plan {
	var out []fix.Plan
	offer := func(changes ...inspect.Change) { out = append(out, fix.NewPlan(changes...)) }
	settings := k.Workload.Settings
	if root, ok := k.readOnlyRoot(); ok {
		offer(root.Changes...)
	}
	if !settings.NoNewPrivileges {
		offer(inspect.Change{Dial: inspect.DialNoNewPrivileges})
	}
	if settings.Privileged {
		offer(inspect.Change{Dial: inspect.DialPrivileged})
	}
	if user, ok := k.settledUser(); ok && settings.Root() {
		offer(inspect.Change{Dial: inspect.DialUser, User: user})
	}
	for _, limit := range k.headroom() {
		offer(limit)
	}
	for _, m := range settings.Mounts {
		if !m.ReadOnly {
			offer(inspect.Change{Dial: inspect.DialReadOnlyMount, Path: m.Target})
		}
	}
	for _, port := range settings.Ports {
		if port.Everywhere() {
			offer(inspect.Change{Dial: inspect.DialLoopback, Port: port.Published()})
		}
	}
	return out
}

// Everything is the plan that drops all at once: a read-only root filesystem
// where that can be, no-new-privileges, and every capability but those that the
// person keeps.
func (k Known) Everything() fix.Plan {
	plan, _ := k.readOnlyRoot()
	if !k.Workload.Settings.NoNewPrivileges {
		plan = plan.With(inspect.Change{Dial: inspect.DialNoNewPrivileges})
	}
	return with(plan, k.Keep)
}
