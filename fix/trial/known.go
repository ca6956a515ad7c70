package trial

import (
	"slices"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// Known is everything that a search knows; Decide needs nothing else.
type Known struct {
	Workload inspect.Workload
	// Keep are capabilities that stay because the person said so.
	Keep inspect.CapSet
	Also Also
	// Volumes says that the workload has volumes which a copy gets fresh, so that
	// their owner is a question.
	Volumes bool
	// Trials are the finished steps in the order they ended.
	Trials []Trial
	// Surveys are what was read of the image, by path.
	Surveys map[string]Survey
	// Notch is how often the isolation was loosened; Sealed says that it cannot
	// be loosened further.
	Notch  int
	Sealed bool
}

// Also are dials that are turned only when the person asks for it, because a
// trial can see less of what they may break.
type Also struct {
	// User starts the service as the user it drops to; Limits bound memory and
	// processes by the peaks seen; Loopback binds published ports to loopback.
	User, Limits, Loopback bool
}

// mostTrials bounds a search over a service that never answers alike.
const mostTrials = 90

// tried are the trials that count: those of this notch, on the volumes asked
// for.
func (k Known) tried(rootOwned bool) []Trial {
	return k.those(rootOwned, func(*Trial) bool { return true })
}

// baselines are the runs under today's settings.
func (k Known) baselines(rootOwned bool) []Trial {
	return k.those(rootOwned, func(t *Trial) bool { return t.Baseline })
}

// of are the trials of one plan.
func (k Known) of(step Step) []Trial {
	return k.those(step.RootOwned, func(t *Trial) bool { return !t.Baseline && t.Plan.Equal(step.Plan) })
}

// those are the trials that count and are wanted. A decision asks for them very
// often, and a trial is large.
func (k Known) those(rootOwned bool, wanted func(*Trial) bool) []Trial {
	var out []Trial
	for i := range k.Trials {
		if t := &k.Trials[i]; t.Notch == k.Notch && t.RootOwned == rootOwned && wanted(t) {
			out = append(out, *t)
		}
	}
	return out
}

// standing is what the trials of one plan say together.
type standing int

const (
	unknown standing = iota
	passes
	fails
)

// standing judges a plan by all its trials. One failure is enough, because what
// is wanted is a plan that always works; but one that was only late or slow
// must happen twice.
func (k Known) standing(step Step) standing {
	passed, unsure := 0, 0
	for _, t := range k.of(step) {
		switch {
		case t.Verdict == Passed:
			passed++
		case t.Unsure:
			unsure++
		default:
			return fails
		}
	}
	switch {
	case unsure > 1:
		return fails
	case passed > unsure:
		return passes
	}
	return unknown
}

// failure is the last failed trial of the plan.
func (k Known) failure(plan fix.Plan) (Trial, bool) {
	for _, t := range slices.Backward(k.of(Step{Plan: plan})) {
		if t.Verdict == Failed {
			return t, true
		}
	}
	return Trial{}, false
}

// expectation is what the baselines showed.
func (k Known) expectation(rootOwned bool) health.Expectation {
	return health.Expect(readings(k.baselines(rootOwned))...)
}

func readings(baselines []Trial) []health.Reading {
	var out []health.Reading
	for _, t := range baselines {
		if t.Reading != nil {
			out = append(out, *t.Reading)
		}
	}
	return out
}

// written joins what the baselines wrote: what only one of them wrote counts
// too.
func (k Known) written() health.Written {
	var out health.Written
	for _, r := range readings(k.baselines(false)) {
		out.Paths = union(out.Paths, r.Written.Paths, func(a, b string) bool { return a == b })
		out.Places = union(out.Places, r.Written.Places, func(a, b health.Place) bool { return a.Path == b.Path })
		out.Obstacles = union(out.Obstacles, r.Written.Obstacles, func(a, b string) bool { return a == b })
	}
	return out
}

// wrote are the paths that the baselines wrote or were seen to write.
func (k Known) wrote() []string {
	return union(k.written().Paths, k.watched().Wrote(), func(a, b string) bool { return a == b })
}

func union[T any](a, b []T, same func(T, T) bool) []T {
	for _, v := range b {
		if !slices.ContainsFunc(a, func(o T) bool { return same(o, v) }) {
			a = append(a, v)
		}
	}
	return a
}
