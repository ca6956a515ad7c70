package workbench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"bulkhead/fix/clone"
	"bulkhead/fix/socketproxy"
	"bulkhead/fix/trial"
	"bulkhead/fix/trial/journal"
	"bulkhead/inspect"
	"bulkhead/inspect/agent"
)

// Learned is what calls of the engine's API a workload was seen to make.
type Learned struct {
	// Run is what the last copy did, All what all recorded runs of the same image
	// and command did together.
	Run, All socketproxy.Recording
	Runs     int
	// Unwell says why the last copy did not work, a sentence each: what it would
	// have called after that is not recorded.
	Unwell []string
	// Notes say how the copy was isolated.
	Notes []string
}

// ObserveSocket watches which calls a copy of the workload makes of the engine's
// API, through its life and for the options' length after its exercises, keeps them, and
// returns them with those of earlier runs. In the copy a recording proxy stands
// where the original has the engine's socket. What the policy does not pass on
// is refused, which the copy may not survive: what was recorded is kept all the
// same. The copy and the proxy are gone when it returns. The error may be a
// *clone.NoSocketError.
func (b *Bench) ObserveSocket(ctx context.Context, w inspect.Workload, o ObserveOptions, policy socketproxy.Policy, emit func(trial.Event)) (learned Learned, err error) {
	if b.Engine == nil {
		return learned, b.noEngine()
	}
	if _, err := b.Clean(ctx, false); err != nil {
		return learned, err
	}
	own := *b
	own.Trials.Exercises, own.Trials.RunDeclared = o.Exercises, o.RunDeclared
	if own.Trials.Patience == 0 {
		own.Trials.Patience = DefaultPatience
	}
	a := &Attempt{Workload: w}
	defer func() { err = clone.Unreached(errors.Join(err, a.Close(ctx))) }()
	if _, err := agent.For(b.Engine.Host.OS, b.Engine.Host.Arch, b.Getenv); err != nil {
		return learned, err // nothing else could stand in for the socket
	}
	image, session, facts, err := a.stage(ctx, &own, emit)
	if err != nil {
		return learned, err
	}
	offer, err := session.OfferSocket(ctx, image, policy)
	if err != nil {
		return learned, err
	}
	a.close = append(a.close, offer.Close)
	learned.Notes = session.Notes()
	if learned.Unwell, err = own.liveUnder(ctx, session, o.Length, emit); err != nil {
		return learned, err
	}
	if learned.Run, err = offer.Recording(); err != nil {
		return learned, err
	}
	record := journal.Called{Workload: w.Name, Facts: facts, At: b.Now(), Recording: learned.Run}
	if err := b.Journal.Called(record); err != nil {
		return learned, err
	}
	runs, err := b.Journal.Calls(w.Name, facts)
	learned.All, learned.Runs = together(runs), len(runs)
	return learned, err
}

// liveUnder runs a copy of the session through its life under today's settings,
// and says what did not work.
func (b *Bench) liveUnder(ctx context.Context, session *clone.Session, length time.Duration, emit func(trial.Event)) ([]string, error) {
	runner := clone.Runner{
		Session: session, Exercises: b.Trials.Exercises, Patience: b.Trials.Patience,
		Eye: func(ctx context.Context, _ trial.Step, _ []string) (string, error) {
			select {
			case <-time.After(length):
				return "", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		},
	}
	step := trial.Step{N: 1, Purpose: "record the calls of a copy under today's settings", Baseline: true}
	reading, err := runner.Run(ctx, step, nil, func(line string) { emit(trial.Event{Kind: trial.LogLine, Step: step, Line: line}) })
	if err != nil {
		return nil, err
	}
	return trial.Unwell(reading), nil
}

func together(runs []journal.Called) socketproxy.Recording {
	var all []socketproxy.Recording
	for _, r := range runs {
		all = append(all, r.Recording)
	}
	return socketproxy.Merge(all...)
}

// NoCallsError says that the journal holds no calls of a workload.
type NoCallsError struct {
	Workload string
	// Stale says that it holds some of another image or command.
	Stale bool
}

// Error says what is missing.
func (e *NoCallsError) Error() string {
	if e.Stale {
		return fmt.Sprintf("The calls that the journal holds for %s are those of another image or command.", inspect.Printable(e.Workload))
	}
	return fmt.Sprintf("The journal holds no recorded calls for %s.", inspect.Printable(e.Workload))
}

// Hint is the next step.
func (e *NoCallsError) Hint() string {
	return fmt.Sprintf("Run `bulkhead observe %s --socket` first.", inspect.Printable(strings.TrimSpace(e.Workload)))
}
