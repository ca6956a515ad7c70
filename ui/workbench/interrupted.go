package workbench

import (
	"context"
	"errors"
	"io/fs"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// Interrupted is the workload's search that can be carried on, nil where there
// is none or where what it found may be true no longer.
func (b *Bench) Interrupted(ctx context.Context, w inspect.Workload) (*trial.Result, error) {
	r, err := b.Journal.Unfinished(w.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stale, err := b.Stale(ctx, w, r)
	if err != nil || len(stale) > 0 {
		return nil, err
	}
	return &r, nil
}

// Lead prepares a search under the options and hands it to lead, which carries
// it on as it likes. When lead returns, everything that the search left on the
// engine is removed, also after ctx has ended.
func (b *Bench) Lead(ctx context.Context, w inspect.Workload, o TrialOptions, emit func(trial.Event),
	lead func(context.Context, *trial.Search) (trial.Result, error)) (result trial.Result, err error) {
	own := *b
	own.Trials = o
	if own.Trials.Patience == 0 {
		own.Trials.Patience = DefaultPatience
	}
	a, err := own.Attempt(ctx, w, emit)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, a.Close(ctx)) }()
	return lead(ctx, a.Search)
}
