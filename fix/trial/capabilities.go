package trial

import (
	"context"
	"fmt"
	"slices"

	"bulkhead/fix"
	"bulkhead/inspect"
)

// rungs are the sets that services need together most often, each added to the
// ones before (what twelve common images were found to need). They are only an
// order to try in: whatever passes is reduced afterwards.
var rungs = [][]string{
	{"SETGID", "SETUID"},
	{"CHOWN"},
	{"DAC_OVERRIDE"},
	{"NET_BIND_SERVICE", "NET_RAW", "SYS_CHROOT", "KILL", "FOWNER", "AUDIT_WRITE"},
	{"FSETID", "SETPCAP", "SETFCAP", "MKNOD"},
}

// capabilities finds which capabilities the workload needs on top of the plan.
func (s *search) capabilities(ctx context.Context, base fix.Plan) error {
	granted := s.result.Granted
	if granted == 0 {
		s.result.Plan = base
		return s.confirm(ctx, base)
	}
	enough, err := s.climb(ctx, base, granted)
	if err != nil {
		return err
	}
	if !enough.found {
		s.evidence(string(inspect.DialCapabilities), fix.Observed,
			"No set of capabilities passed, not even all that it has today. The service may be too unsteady to compare; an --exercise or a healthcheck would help.")
		s.result.Plan = base
		return s.confirm(ctx, base)
	}
	minimal, err := s.leaveOut(ctx, base, enough.set)
	if err != nil {
		return err
	}
	return s.confirm(ctx, with(base, minimal))
}

func with(base fix.Plan, keep inspect.CapSet) fix.Plan {
	return base.With(inspect.Change{Dial: inspect.DialCapabilities, Keep: keep})
}

// rung is one set on the way from nothing to everything.
type rung struct {
	set   inspect.CapSet
	found bool
}

// ladder is the growing sets to try, from what must be kept to all that is
// granted.
func ladder(granted, keep inspect.CapSet) []inspect.CapSet {
	set := keep.Intersect(granted)
	sets := []inspect.CapSet{set}
	grow := func(more inspect.CapSet) {
		if next := set.Union(more.Intersect(granted)); next != set {
			set = next
			sets = append(sets, set)
		}
	}
	for _, names := range rungs {
		grow(inspect.ParseCaps(names))
	}
	grow(granted)
	return sets
}

// climb tries the ladder, as many rungs at once as the options allow, and
// returns the smallest set that passes. After a round in which none did, what
// the logs complained of is tried before the next rungs.
func (s *search) climb(ctx context.Context, base fix.Plan, granted inspect.CapSet) (rung, error) {
	sets := ladder(granted, s.opt.Keep)
	guess := sets[0]
	tried := map[inspect.CapSet]bool{}
	for len(sets) > 0 {
		batch := nextRungs(guess, &sets, tried, max(1, s.opt.Parallel))
		var steps []Step
		for _, set := range batch {
			steps = append(steps, Step{Purpose: purpose(set, granted), Plan: with(base, set)})
		}
		readings, err := s.try(ctx, steps)
		if err != nil {
			return rung{}, err
		}
		best := rung{}
		for i, r := range readings {
			if len(s.expect.Compare(r)) > 0 {
				guess |= suspects(r).Intersect(granted)
			} else if !best.found || batch[i].Len() < best.set.Len() {
				best = rung{set: batch[i], found: true}
			}
		}
		if best.found {
			return best, nil
		}
	}
	return rung{}, nil
}

// nextRungs takes the guess and then rungs off the ladder, none of them twice.
func nextRungs(guess inspect.CapSet, sets *[]inspect.CapSet, tried map[inspect.CapSet]bool, width int) []inspect.CapSet {
	var batch []inspect.CapSet
	take := func(set inspect.CapSet) {
		if !tried[set] {
			tried[set] = true
			batch = append(batch, set)
		}
	}
	take(guess)
	for len(*sets) > 0 && len(batch) < width {
		take((*sets)[0])
		*sets = (*sets)[1:]
	}
	return batch
}

// purpose says what a trial of the set does, in the fewer words.
func purpose(set, granted inspect.CapSet) string {
	switch gone := granted.Without(set); {
	case gone == 0:
		return "keep all capabilities it has today"
	case set == 0:
		return "drop all capabilities"
	case gone.Len() < set.Len():
		return "drop " + gone.String()
	default:
		return "drop all but " + set.String()
	}
}

// leaveOut drops from a set that passes every member without which it passes
// as well. Members are tried one by one, several at a time; then all that
// passed are left out together, and where that fails, one after the other,
// because two members may stand in for each other.
func (s *search) leaveOut(ctx context.Context, base fix.Plan, set inspect.CapSet) (inspect.CapSet, error) {
	var candidates []inspect.CapSet
	var steps []Step
	for _, c := range set.Without(s.opt.Keep).Each() {
		if s.failedBefore(set.Without(c)) {
			continue
		}
		candidates = append(candidates, c)
		steps = append(steps, Step{Purpose: "leave out " + c.String(), Plan: with(base, set.Without(c))})
	}
	passed, err := s.passes(ctx, steps...)
	if err != nil {
		return 0, err
	}
	var spare inspect.CapSet
	for i, ok := range passed {
		if ok {
			spare |= candidates[i]
		}
	}
	if spare.Len() <= 1 {
		return set.Without(spare), nil
	}
	together, err := s.passes(ctx, Step{Purpose: "leave out " + spare.String() + " together", Plan: with(base, set.Without(spare))})
	if err != nil || together[0] {
		return set.Without(spare), err
	}
	s.note(fmt.Sprintf("%s can each be left out, but not together: some of them stand in for each other.", spare))
	for _, c := range spare.Each() {
		rest := set.Without(c)
		alone, err := s.passes(ctx, Step{Purpose: "leave out " + c.String() + " as well", Plan: with(base, rest)})
		if err != nil {
			return 0, err
		}
		if alone[0] {
			set = rest
		}
	}
	return set, nil
}

// failedBefore says that a trial of the set failed on the way up, so that it
// need not be run again; what follows from it now goes into the grid.
func (s *search) failedBefore(set inspect.CapSet) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	failed := slices.ContainsFunc(s.result.Trials, func(t Trial) bool {
		kept, ok := t.Plan.Capabilities()
		return ok && kept == set && t.Verdict == Failed
	})
	if failed {
		s.learn(set, false)
	}
	return failed
}

// confirm runs the final plan twice more. Only what passes both times is
// called proved.
func (s *search) confirm(ctx context.Context, plan fix.Plan) error {
	s.result.Plan = plan
	if plan.Empty() {
		s.note("There is nothing to tighten that a trial could prove.")
		return nil
	}
	passed, err := s.passes(ctx,
		Step{Purpose: "confirm the plan", Plan: plan},
		Step{Purpose: "confirm it again", Plan: plan})
	if err != nil {
		return err
	}
	s.result.Proved = passed[0] && passed[1]
	s.explain(plan)
	return nil
}

// explain records for every granted capability why it stays or goes.
func (s *search) explain(plan fix.Plan) {
	keep, ok := plan.Capabilities()
	if !ok {
		return
	}
	for _, c := range keep.Each() {
		switch why, found := s.failureWithout(c, keep); {
		case s.opt.Keep.Has(c):
			s.evidence(c.String(), fix.Assumed, "Kept because you said so.")
		case found:
			s.evidence(c.String(), fix.Proved, "It breaks without it: "+why)
		default:
			s.evidence(c.String(), fix.Observed, "It was in every set that passed.")
		}
	}
	if dropped := s.result.Granted.Without(keep); dropped != 0 && s.result.Proved {
		s.evidence("capabilities", fix.Proved, "It works without "+dropped.String()+".")
	}
}

// failureWithout finds the failed trial that says most about a capability: the
// largest set that lacked it and held all others that are kept.
func (s *search) failureWithout(c, keep inspect.CapSet) (string, bool) {
	best, why, found := -1, "", false
	for _, t := range s.result.Trials {
		set, ok := t.Plan.Capabilities()
		if !ok || t.Verdict != Failed || set.Has(c) || !set.Has(keep.Without(c)) {
			continue
		}
		if set.Len() > best {
			best, why, found = set.Len(), brief(t.Evidence), true
		}
	}
	return why, found
}

// learn updates the grid after a trial that kept the set. What a passing trial
// lacked is not needed; what alone was missing from a failing one, next to a
// passing set, is.
func (s *search) learn(kept inspect.CapSet, passed bool) {
	missing := s.grid.Granted.Without(kept)
	if passed {
		s.grid.Unneeded = s.grid.Unneeded.Union(missing)
		s.grid.Needed = s.grid.Needed.Without(missing)
		return
	}
	if suspects := missing.Without(s.grid.Unneeded); suspects.Len() == 1 {
		s.grid.Needed = s.grid.Needed.Union(suspects)
	}
}
