package workbench

import (
	"context"
	"errors"
	"strings"
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
// the observer are gone when it returns. The error may be a *trial.BaselineError
// or an *observe.RefusedError.
func (b *Bench) ObserveClone(ctx context.Context, w inspect.Workload, length time.Duration, emit func(trial.Event)) (runs []observe.Observation, err error) {
	if b.Engine == nil {
		return nil, b.noEngine()
	}
	if _, err := b.Clean(ctx, false); err != nil {
		return nil, err
	}
	own := *b
	if own.Trials.Patience == 0 {
		own.Trials.Patience = DefaultPatience
	}
	a := &Attempt{Workload: w}
	defer func() { err = clone.Unreached(errors.Join(err, a.Close(ctx))) }()
	helper, forget, err := own.helperImage(ctx, emit)
	if err != nil {
		return nil, err
	}
	a.close = append(a.close, forget)
	session, err := own.open(ctx, w, helper)
	if err != nil {
		return nil, err
	}
	a.close = append(a.close, session.Close)
	facts, err := own.facts(ctx, w)
	if err != nil {
		return nil, err
	}
	var refused []string
	man, said, err := own.watchman(ctx, a, helper, func(line string) { refused = append(refused, line) })
	if err != nil {
		return nil, err
	}
	if man == nil {
		return nil, &observe.RefusedError{Reason: strings.TrimSuffix(said, "."), Next: "`bulkhead doctor` says what this machine and its engine lack."}
	}
	var seen *observe.Observation
	man.Keep = func(o observe.Observation) error { seen = &o; return nil }
	runner := clone.Runner{
		Session: session, Exercises: own.Trials.Exercises, Patience: own.Trials.Patience, Watchman: man,
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
		return nil, err
	}
	if missing := trial.Unwell(reading); len(missing) > 0 {
		return nil, &trial.BaselineError{Workload: w.Name, Missing: missing, Log: reading.Log, Notes: session.Notes()}
	}
	if seen == nil {
		return nil, &observe.RefusedError{Reason: strings.TrimSuffix(strings.Join(refused, " "), "."), Next: "`bulkhead doctor` says what this machine and its engine lack."}
	}
	if err := b.Journal.Watched(journal.Watched{Workload: w.Name, Facts: facts, At: b.Now(), Observation: *seen}); err != nil {
		return nil, err
	}
	return b.Journal.Runs(w.Name, facts)
}
