package workbench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bulkhead/fix/clone"
	"bulkhead/fix/trial"
	"bulkhead/fix/trial/journal"
	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// ObserveClone watches a copy of the workload under today's settings through
// its life, for the length after its exercises, keeps what was seen, and
// returns all runs of the same image and command, the newest last. The copy and
// the observer are gone when it returns. How it is watched, and why not in a
// better way, is said in notes. The error may be a *trial.BaselineError or an
// *observe.RefusedError.
func (b *Bench) ObserveClone(ctx context.Context, w inspect.Workload, length time.Duration, emit func(trial.Event), progress func(Progress)) (runs []journal.Watched, err error) {
	if b.Engine == nil {
		return nil, b.noEngine()
	}
	if b.Trials.Observe == ObserveNever {
		return nil, &observe.RefusedError{Reason: "you asked for no observer", Next: "Leave out --observe never."}
	}
	if _, err := b.Clean(ctx, false); err != nil {
		return nil, err
	}
	own := *b
	options, declared := b.Trials.withDeclared(w)
	own.Trials = options
	for _, note := range declared {
		emit(trial.Event{Kind: trial.Note, Line: note})
	}
	if own.Trials.Patience == 0 {
		own.Trials.Patience = DefaultPatience
	}
	a := &Attempt{Workload: w}
	defer func() { err = clone.Unreached(errors.Join(err, a.Close(ctx))) }()
	helper, session, facts, err := a.stage(ctx, &own, emit)
	if err != nil {
		return nil, err
	}
	seen, err := own.watchLife(ctx, w, session, helper, length, emit, progress)
	if err != nil {
		return nil, err
	}
	return b.keep(journal.Watched{Workload: w.Name, Facts: facts, Observation: seen})
}

// watchLife has one copy under today's settings watched by the best backend that
// is possible here. One that turns out to be refused only in the copy gives way
// to the next, with another copy.
func (b *Bench) watchLife(ctx context.Context, w inspect.Workload, session *clone.Session, image string, length time.Duration, emit func(trial.Event), progress func(Progress)) (observe.Observation, error) {
	if image == "" {
		return observe.Observation{}, &observe.RefusedError{
			Reason: "the observer's helper cannot run in this engine", Next: "`bulkhead doctor` says what this machine and its engine lack."}
	}
	say := func(line string) { emit(trial.Event{Kind: trial.Note, Line: line}) }
	for list := wanted(b.backends(image), b.Trials.Observe); ; {
		c, rest, err := choose(ctx, list, say)
		if err != nil {
			return observe.Observation{}, err
		}
		say(fmt.Sprintf("A copy is watched with %s, %s.%s", c.name, c.cost, b.holding(c.caps)))
		seen, refused, err := b.life(ctx, w, session, c.observer, length, emit, progress)
		if err := errors.Join(err, c.close(ctx)); err != nil {
			return observe.Observation{}, err
		}
		switch {
		case refused == nil:
			return *seen, nil
		case len(rest) == 0:
			return observe.Observation{}, refused
		}
		say(stepDown(c.backend, refused, &rest[0]))
		list = rest
	}
}

// life runs one copy under the observer: what was seen, or why the observer saw
// nothing.
func (b *Bench) life(ctx context.Context, w inspect.Workload, session *clone.Session, observer clone.Observer, length time.Duration, emit func(trial.Event), progress func(Progress)) (seen *observe.Observation, refused, err error) {
	man := &clone.Watchman{
		Observer: observer, Most: 1, Note: func(string) {}, Keep: func(o observe.Observation) error { seen = &o; return nil },
		Progress: func(p observe.Phase, m observe.Moment) { progress(Progress{p, m}) },
	}
	runner := clone.Runner{
		Session: session, Exercises: b.Trials.Exercises, Patience: b.Trials.Patience, Watchman: man,
		Eye: func(ctx context.Context, _ trial.Step, _ []string) (string, error) {
			select {
			case <-time.After(length):
				return "", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		},
	}
	step := trial.Step{N: 1, Purpose: "observe a copy under today's settings", Baseline: true, Watch: true}
	reading, err := runner.Run(ctx, step, nil, func(line string) { emit(trial.Event{Kind: trial.LogLine, Step: step, Line: line}) })
	if err != nil {
		return nil, nil, err
	}
	if failed := man.Failed(); failed != nil {
		return nil, failed, nil
	}
	if missing := trial.Unwell(reading); len(missing) > 0 {
		return nil, nil, &trial.BaselineError{Workload: w.Name, Missing: missing, Log: reading.Log, Notes: session.Notes()}
	}
	if seen == nil {
		return nil, &observe.RefusedError{Reason: "the copy ended before anything of it was seen", Next: "Try again with a longer --for."}, nil
	}
	return seen, nil, nil
}

// learn has a copy of its own watched before a search, where the person asked
// for an observer that changes copies, and keeps what was seen. What keeps it
// from that is said and does not end the search.
func (b *Bench) learn(ctx context.Context, w inspect.Workload, session *clone.Session, image string, facts trial.Facts, emit func(trial.Event)) error {
	if b.Trials.Observe != ObservePtrace && b.Trials.Observe != ObserveLog {
		return nil
	}
	seen, err := b.watchLife(ctx, w, session, image, 0, emit, func(Progress) {})
	var refused *observe.RefusedError
	switch {
	case errors.As(err, &refused):
		emit(trial.Event{Kind: trial.Note, Line: "No copy was watched: " + inspect.Printable(why(err)) + "."})
		return nil
	case err != nil:
		return err
	}
	_, err = b.keep(journal.Watched{Workload: w.Name, Facts: facts, Observation: seen})
	return err
}
