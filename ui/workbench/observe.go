package workbench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moby/moby/client"

	"bulkhead/fix/clone"
	"bulkhead/inspect"
	"bulkhead/inspect/agent"
	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/watch"
)

// NotRunningError says that a container to be watched does not run.
type NotRunningError struct{ Workload inspect.Workload }

// Error says so.
func (e *NotRunningError) Error() string {
	return fmt.Sprintf("%s does not run, so there is nothing to watch.", inspect.Printable(e.Workload.Name))
}

// Hint is the next step.
func (e *NotRunningError) Hint() string {
	return "Start it, or run trials on copies of it with `bulkhead trial`."
}

// ObserveRunning watches the workload's own running container for a while and
// returns what was seen. The container is not entered and nothing of it is
// changed; of a service with several containers the first is watched. It is told
// on the way how far the watch has come. When ctx ends, what was seen so far is
// returned with ctx's error. The error may be an *observe.RefusedError.
//
// With Restart set the container is restarted once it is watched.
func (b *Bench) ObserveRunning(ctx context.Context, w inspect.Workload, options ObserveOptions, progress func(Progress)) (o observe.Observation, err error) {
	if b.Engine == nil {
		return o, b.noEngine()
	}
	if w.ID == "" || w.State != inspect.Running {
		return o, &NotRunningError{Workload: w}
	}
	binary, err := agent.For(b.Engine.Host.OS, b.Engine.Host.Arch, b.Getenv)
	if err != nil {
		return o, err
	}
	image, forget, err := clone.HelperImage(ctx, b.Engine.API, binary)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, forget(ctx)) }()
	observer, err := watch.Start(ctx, b.Engine.API, watch.Options{Image: image, Labels: clone.LabelsBeside()})
	if err != nil {
		return o, onlyEBPF(err)
	}
	defer func() { err = errors.Join(err, observer.Close(ctx)) }()
	watch := observer.WatchRunning
	if options.Restart {
		watch = observer.Watch
	}
	watching, err := watch(ctx, w.ID)
	if err != nil {
		return o, err
	}
	// Cut off in the middle of an answer, the observer would be of no more use;
	// and a container that was told to stop must be started again.
	whole := context.WithoutCancel(ctx)
	if options.Restart {
		if _, err := b.Engine.API.ContainerRestart(whole, w.ID, client.ContainerRestartOptions{}); err != nil {
			return o, fmt.Errorf("restarting %s: %w", inspect.Printable(w.Name), err)
		}
	}
	over, beat := time.After(options.Length), time.NewTicker(time.Second)
	defer beat.Stop()
	for watched := true; watched; {
		select {
		case <-beat.C:
			m, err := watching.Peek(whole)
			if err != nil {
				return o, err
			}
			progress(Progress{Moment: m})
		case <-over:
			watched = false
		case <-ctx.Done():
			watched = false
		}
	}
	o, err = watching.Stop(whole)
	return o, errors.Join(ctx.Err(), err)
}

// onlyEBPF says of a refusal what else may be possible: other observers change
// what a container is created with, so they watch copies only.
func onlyEBPF(err error) error {
	var refused *observe.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	return &observe.RefusedError{Reason: refused.Reason, Err: err,
		Next: "A running container is watched with eBPF or not at all. Leave out --live to have a copy watched, which may be traced instead. " + refused.Next}
}
