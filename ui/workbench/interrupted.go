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
