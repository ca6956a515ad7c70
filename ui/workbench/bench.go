package workbench

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"bulkhead/fix/clone"
	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/fix/trial/journal"
	"bulkhead/inspect"
	"bulkhead/inspect/agent"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/snapshot"
)

// Bench joins the engine, the Compose files and the journal.
type Bench struct {
	// Engine is nil where only files are looked at.
	Engine *engine.Engine
	// Further are engines that an audit looks at beside Engine; Missed says why
	// engines that were meant besides cannot be looked at.
	Further []*engine.Engine
	Missed  []error
	// Snapshot stands for the engine where only one of earlier is looked at.
	Snapshot *snapshot.Snapshot
	// Files are the Compose files given by the person; none means that services
	// are found by the labels of their containers.
	Files   []string
	Journal journal.Journal
	Trials  TrialOptions
	// Getenv and Environ read the environment; Now is the clock.
	Getenv  func(string) string
	Environ []string
	Now     func() time.Time
}

// TrialOptions are what a person may say about trials.
type TrialOptions struct {
	Exercises []health.Exercise
	// Patience bounds how long a baseline may take to become ready.
	Patience time.Duration
	Parallel int
	Keep     inspect.CapSet
	// CopyVolumes fills the copies' volumes; Egress lets them out.
	CopyVolumes, Egress bool
}

// What trials do unless a person says otherwise.
const (
	DefaultPatience = 90 * time.Second
	DefaultParallel = 3
)

// ErrNoEngine says that something needs an engine and none was asked.
var ErrNoEngine = errors.New("this needs a Docker Engine")

// Trial finds the tightest plan under which a copy of the workload still
// works, and keeps the result in the journal. What a crash left of earlier
// trials is swept first. When ctx ends, everything is cleaned up before Trial
// returns.
func (b *Bench) Trial(ctx context.Context, w inspect.Workload, emit func(trial.Event)) (result trial.Result, err error) {
	if b.Engine == nil {
		return result, b.noEngine()
	}
	if w.ID == "" {
		return result, &NotStartedError{Workload: w}
	}
	if _, err := b.Clean(ctx, false); err != nil {
		return result, err
	}
	helper, forget, err := b.helperImage(ctx, emit)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, forget(ctx)) }()
	session, err := clone.Open(ctx, b.Engine, w.ID, clone.Options{
		Isolation: b.isolation(), HelperImage: helper, CopyVolumes: b.Trials.CopyVolumes,
	})
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, session.Close(ctx)) }()
	runner := clone.Runner{Session: session, Exercises: b.Trials.Exercises, Patience: b.Trials.Patience}
	notes := session.Notes()
	if len(b.Trials.Exercises) == 0 {
		notes = append(notes, "No exercise was given: the trials see that it starts, answers, restarts and stops, not that it does all of its work.")
	}
	result, err = trial.Search(ctx, runner, trial.Subject{
		Workload: w, Engine: b.Engine.Host.Version, Kernel: b.Engine.Host.Kernel, Notes: notes,
	}, trial.Options{Parallel: b.Trials.Parallel, Keep: b.Trials.Keep, Now: b.Now}, emit)
	if err != nil {
		return result, err
	}
	_, err = b.Journal.Save(result)
	return result, err
}

// isolation is the tightest that what the person asked for allows.
func (b *Bench) isolation() clone.Isolation {
	switch {
	case b.Trials.Egress:
		return clone.Egress
	case len(b.Trials.Exercises) > 0 && !b.Engine.Host.Local:
		return clone.Published
	default:
		return clone.Sealed
	}
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
	return name, forget, nil
}

// Proved returns the newest proved result for the workload.
func (b *Bench) Proved(w inspect.Workload) (trial.Result, error) {
	r, err := b.Journal.Latest(w.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return r, &NoResultError{Workload: w.Name}
	}
	return r, err
}

// Default returns a bench over the real environment and clock.
func Default() (*Bench, error) {
	dir, err := journal.Dir(os.Getenv)
	if err != nil {
		return nil, err
	}
	return &Bench{Journal: journal.At(dir), Getenv: os.Getenv, Environ: os.Environ(), Now: time.Now}, nil
}

// Clean removes what killed trials left, and says what it removed. all includes
// the trials of a running bulkhead and of other machines.
func (b *Bench) Clean(ctx context.Context, all bool) ([]string, error) {
	return clone.Sweep(ctx, b.Engine.API, all)
}
