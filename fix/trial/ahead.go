package trial

import (
	"slices"

	"bulkhead/fix"
)

// ahead adds steps that will most likely be wanted next, for copies that would
// otherwise stand idle. They come last, so they delay nothing.
func (d Decision) ahead(more ...Step) Decision {
	if len(d.Steps) == 0 {
		return d
	}
	for _, step := range more {
		if !slices.ContainsFunc(d.Steps, step.same) {
			d.Steps = append(d.Steps, step)
		}
	}
	return d
}

// capabilitiesAhead are the first trials of capabilities, if the plan around
// them turns out to pass.
func (k Known) capabilitiesAhead(base fix.Plan) []Step {
	_, _, d := k.capabilities(base)
	return d.Steps
}

// baselineAhead is the baseline on volumes that belong to root, where one will
// be wanted.
func (k Known) baselineAhead() []Step {
	if !k.Volumes || len(k.baselines(true)) > 0 {
		return nil
	}
	return []Step{{Purpose: "baseline on volumes that belong to root", Baseline: true, RootOwned: true, Notch: k.Notch}}
}

// membersAhead are the trials that a set will have to stand, if it passes. Only
// a small set that the evidence points at is worth the guess.
func (k Known) membersAhead(base fix.Plan, c candidate) []Step {
	const most = 3
	if c.because == "" || c.set.Len() > most {
		return nil
	}
	_, d := k.spare(base, c.set)
	return d.Steps
}
