package workbench

import (
	"context"

	"bulkhead/fix/clone"
	"bulkhead/inspect"
	"bulkhead/inspect/observe/watch"
)

// Observing says whether copies are watched while they run.
type Observing string

// What a person may say of it; "" is ObserveAuto.
const (
	ObserveAuto  Observing = "auto"
	ObserveNever Observing = "never"
)

// watchman starts an observer for the attempt, which closes it, and says how
// copies are watched. Without one, which is said, trials go on.
func (b *Bench) watchman(ctx context.Context, a *Attempt, image string, note func(string)) (*clone.Watchman, string, error) {
	switch {
	case b.Trials.Observe == ObserveNever:
		return nil, "Copies were not watched, as you asked.", nil
	case image == "":
		return nil, "Copies were not watched: the observer's helper cannot run in this engine.", nil
	}
	observer, err := watch.Start(ctx, b.Engine.API, watch.Options{Image: image, Labels: clone.LabelsBeside()})
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	if err != nil {
		return nil, "Copies were not watched: " + inspect.Printable(err.Error()) + ".", nil
	}
	a.close = append(a.close, observer.Close)
	return &clone.Watchman{
		Watch: func(ctx context.Context, id string) (clone.Watching, error) {
			w, err := observer.Watch(ctx, id)
			if err != nil {
				return nil, err // not a nil *watch.Watch in an interface
			}
			return w, nil
		},
		Note: note,
	}, "An observer watches copies with eBPF, one at a time.", nil
}
