package workbench

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"bulkhead/fix/clone"
	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/fix/trial/journal"
	"bulkhead/inspect"
	"bulkhead/inspect/agent"
	"bulkhead/inspect/observe"
)

// TrialOptions are what a person may say about trials.
type TrialOptions struct {
	Exercises []health.Exercise
	// RunDeclared runs the exercises that the workload itself declares, too, each
	// for at most ExerciseTimeout; 0 means DefaultExerciseTimeout.
	RunDeclared     bool
	ExerciseTimeout time.Duration
	// Reload is the signal that makes the service read its configuration again,
	// "" for none.
	Reload string
	// Eye lets a person look at each copy; nil for nobody.
	Eye func(ctx context.Context, step trial.Step, environment []string) (string, error)
	// Patience bounds how long a baseline may take to become ready.
	Patience time.Duration
	// Parallel is how many copies may run at once; 0 lets the engine's host
	// decide.
	Parallel int
	Keep     inspect.CapSet
	Also     trial.Also
	// CopyVolumes fills the copies' volumes.
	CopyVolumes bool
	Egress      Egress
	// With are further containers, by name or ID, that are cloned together with
	// the target.
	With []string
	// Devices lets copies use the devices that their originals use.
	Devices bool
	Observe Observing
	// Resume carries on the newest search that was interrupted.
	Resume bool
}

// Egress says whether copies may reach other networks and the internet.
type Egress string

// What a person may say of it.
const (
	EgressNever    Egress = "never"
	EgressIfNeeded Egress = "if-needed"
	EgressAlways   Egress = "always"
)

// DefaultPatience is how long a baseline may take to become ready.
const DefaultPatience = 90 * time.Second

// parallel is how many copies run at once: a copy waits more than it computes,
// and too many make each other late.
func (b *Bench) parallel() int {
	if b.Trials.Parallel > 0 {
		return b.Trials.Parallel
	}
	return min(max(3, b.Engine.Host.CPUs), 4)
}

// Attempt is a search for the tightest plan of one workload, with the copies it
// runs on. It must be closed.
type Attempt struct {
	*trial.Search
	Workload inspect.Workload
	close    []func(context.Context) error
}

// Close removes everything that the attempt left on the engine, also after ctx
// has ended.
func (a *Attempt) Close(ctx context.Context) error {
	var problems []error
	for i := len(a.close) - 1; i >= 0; i-- {
		problems = append(problems, a.close[i](ctx))
	}
	a.close = nil
	return errors.Join(problems...)
}

// Lead hands the search to lead and then closes the attempt.
func (a *Attempt) Lead(ctx context.Context, lead func(context.Context, *trial.Search) (trial.Result, error)) (result trial.Result, err error) {
	defer func() { err = clone.Unreached(errors.Join(err, a.Close(ctx))) }()
	return lead(ctx, a.Search)
}

// Trial finds the tightest plan under which a copy of the workload still
// works, and keeps the result in the journal. When ctx ends, everything is
// cleaned up before Trial returns, and what was found so far is kept.
func (b *Bench) Trial(ctx context.Context, w inspect.Workload, emit func(trial.Event)) (trial.Result, error) {
	return b.Lead(ctx, w, b.Trials, emit, func(ctx context.Context, s *trial.Search) (trial.Result, error) { return s.Run(ctx) })
}

// Lead prepares a search under the options and hands it to lead, which carries
// it on as it likes. When lead returns, everything that the search left on the
// engine is removed, also after ctx has ended.
func (b *Bench) Lead(ctx context.Context, w inspect.Workload, o TrialOptions, emit func(trial.Event),
	lead func(context.Context, *trial.Search) (trial.Result, error)) (trial.Result, error) {
	own := *b
	own.Trials = o
	if own.Trials.Patience == 0 {
		own.Trials.Patience = DefaultPatience
	}
	a, err := own.Attempt(ctx, w, emit)
	if err != nil {
		return trial.Result{}, err
	}
	return a.Lead(ctx, lead)
}

// Attempt prepares a search: what a crash left of earlier ones is swept, the
// probe is brought into the engine, and what the copies need is read. No copy
// runs yet.
func (b *Bench) Attempt(ctx context.Context, w inspect.Workload, emit func(trial.Event)) (a *Attempt, err error) {
	if b.Engine == nil {
		return nil, b.noEngine()
	}
	if _, err := b.Clean(ctx, false); err != nil {
		return nil, err
	}
	options, declared := b.Trials.withDeclared(w)
	with := *b
	with.Trials = options
	b = &with
	for _, note := range declared {
		emit(trial.Event{Kind: trial.Note, Line: note})
	}
	a = &Attempt{Workload: w}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close(ctx))
			a = nil
		}
	}()
	helper, session, facts, err := a.stage(ctx, b, emit)
	if err != nil {
		return a, err
	}
	earlier, err := b.earlier(w, facts)
	if err != nil {
		return a, err
	}
	notes := append(session.Notes(), declared...)
	if len(b.Trials.Exercises) == 0 && b.Trials.Eye == nil {
		notes = append(notes, "No exercise was given: the trials see that it starts, answers, restarts and stops, not that it does all of its work.")
	}
	if err := b.learn(ctx, w, session, helper, facts, emit); err != nil {
		return a, err
	}
	watchman, watching, err := b.watchman(ctx, a, helper, func(line string) { a.Search.Tell(line) })
	if err != nil {
		return a, err
	}
	notes = append(notes, watching)
	if watchman != nil {
		watchman.Keep = func(o observe.Observation) error {
			return b.Journal.Watched(journal.Watched{Workload: w.Name, Facts: facts, At: b.Now(), Observation: o})
		}
	}
	runner := clone.Runner{
		Watchman: watchman,
		Session:  session, Exercises: b.Trials.Exercises, Reload: b.Trials.Reload, Eye: b.Trials.Eye, Patience: b.Trials.Patience,
	}
	a.Search = trial.New(runner, trial.Subject{Workload: w, Facts: facts, Volumes: session.FreshVolumes(), Notes: notes},
		trial.Options{
			Parallel: b.parallel(), Keep: b.Trials.Keep, Also: b.Trials.Also, Earlier: earlier, Now: b.Now,
			Save: func(r trial.Result) error { _, err := b.Journal.Save(r); return err },
		}, emit)
	return a, nil
}

// stage prepares what copies of the attempt's workload run on, which the attempt
// closes: the helper's image, "" where none can run in the engine, and a session;
// and what a result will be true of.
func (a *Attempt) stage(ctx context.Context, b *Bench, emit func(trial.Event)) (helper string, session *clone.Session, facts trial.Facts, err error) {
	helper, forget, err := b.helperImage(ctx, emit)
	if err != nil {
		return "", nil, facts, err
	}
	a.close = append(a.close, forget)
	if session, err = b.open(ctx, a.Workload, helper); err != nil {
		return "", nil, facts, err
	}
	a.close = append(a.close, session.Close)
	facts, err = b.facts(ctx, a.Workload)
	return helper, session, facts, err
}

// isolation is the tightest that what the person asked for allows.
func (b *Bench) isolation() clone.Isolation {
	switch {
	case b.Trials.Egress == EgressAlways:
		return clone.Egress
	case (len(b.Trials.Exercises) > 0 || b.Trials.Eye != nil) && !b.Engine.Host.Local:
		return clone.Published
	default:
		return clone.Sealed
	}
}

// earlier is the interrupted search to carry on, nil where none was asked for.
func (b *Bench) earlier(w inspect.Workload, now trial.Facts) (*trial.Result, error) {
	if !b.Trials.Resume {
		return nil, nil
	}
	r, err := b.Journal.Unfinished(w.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NothingToResumeError{Workload: w.Name}
	}
	if err != nil {
		return nil, err
	}
	if stale := r.Stale(now); len(stale) > 0 {
		return nil, &StaleError{Workload: w.Name, Why: stale}
	}
	return &r, nil
}

// helperImage brings the probe helper into the engine, and returns how to take
// it away again. Without one, trials rest on the healthcheck and on staying
// up, which is said.
func (b *Bench) helperImage(ctx context.Context, emit func(trial.Event)) (string, func(context.Context) error, error) {
	nothing := func(context.Context) error { return nil }
	binary, err := agent.For(b.Engine.Host.OS, b.Engine.Host.Arch, b.Getenv)
	var missing *agent.HelperError
	if errors.As(err, &missing) {
		emit(trial.Event{Kind: trial.Note, Line: missing.Error() + " Ports are not probed. " + missing.Hint()})
		return "", nothing, nil
	}
	if err != nil {
		return "", nothing, err
	}
	name, forget, err := clone.HelperImage(ctx, b.Engine.API, binary)
	if err != nil {
		return "", nothing, err
	}
	if err := b.kept.hold(ctx, b.Engine.API, binary); err != nil {
		return "", nothing, errors.Join(err, forget(ctx))
	}
	return name, forget, nil
}
