package workbench

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"bulkhead/fix/clone"
	"bulkhead/fix/composefile"
	"bulkhead/fix/trial"
	"bulkhead/fix/trial/journal"
	"bulkhead/inspect"
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
	Files []string
	// Shared says that a Compose file may be edited where other services share
	// what is written; they are named then.
	Shared  bool
	Journal journal.Journal
	Trials  TrialOptions
	// Getenv and Environ read the environment; Now is the clock.
	Getenv  func(string) string
	Environ []string
	Now     func() time.Time

	// beside is what an edit of a Compose file adds to the project.
	beside *composefile.Beside
	// kept is the helper's image between its uses; nil lets it go after each.
	kept *keptImage
}

// ErrNoEngine says that something needs an engine and none was asked.
var ErrNoEngine = errors.New("this needs a Docker Engine")

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
// the trials of a running bulkhead and of other machines. What was killed while it
// wrote files is ended as well, see writes.Store.
func (b *Bench) Clean(ctx context.Context, all bool) ([]string, error) {
	removed, err := clone.Sweep(ctx, b.Engine.API, all)
	if err != nil {
		return removed, err
	}
	store, err := b.writes()
	if err != nil {
		return removed, err
	}
	left, err := store.Sweep()
	if err != nil {
		return append(removed, left...), err
	}
	return append(removed, left...), b.Journal.Sweep()
}
