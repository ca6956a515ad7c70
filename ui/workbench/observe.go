package workbench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moby/moby/client"

	"bulkhead/fix/clone"
	"bulkhead/fix/trial"
	"bulkhead/fix/trial/journal"
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

// ObserveRunning watches the workload's own running container for a while, keeps
// what was seen, and returns all runs of the same image and command, the newest
// last. The container is not entered and nothing of it is changed; of a service
// with several containers the first is watched. How it is watched is said in a
// note, and how far the watch has come on the way. When ctx ends, what was seen so
// far is kept and returned with ctx's error. The error may be an
// *observe.RefusedError.
//
// With Restart set the container is restarted once it is watched.
func (b *Bench) ObserveRunning(ctx context.Context, w inspect.Workload, options ObserveOptions, emit func(trial.Event), progress func(Progress)) (runs []journal.Watched, err error) {
	if b.Engine == nil {
		return nil, b.noEngine()
	}
	if w.ID == "" || w.State != inspect.Running {
		return nil, &NotRunningError{Workload: w}
	}
	if err := b.privileged(); err != nil {
		return nil, onlyEBPF(err)
	}
	facts, err := b.facts(ctx, w)
	if err != nil {
		return nil, err
	}
	binary, err := agent.For(b.Engine.Host.OS, b.Engine.Host.Arch, b.Getenv)
	if err != nil {
		return nil, err
	}
	image, forget, err := clone.HelperImage(ctx, b.Engine.API, binary)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, forget(ctx)) }()
	observer, err := watch.Start(ctx, b.Engine.API, watch.Options{Image: image, Labels: clone.LabelsBeside(), Remap: b.Engine.Host.Remap})
	if err != nil {
		return nil, onlyEBPF(err)
	}
	defer func() { err = errors.Join(err, observer.Close(ctx)) }()
	emit(trial.Event{Kind: trial.Note, Line: "The running container is watched with eBPF, which costs it next to nothing." + b.holding(observer.Caps())})
	seen, err := b.watchRunning(ctx, observer, w, options, progress)
	if seen.Runs == 0 {
		return nil, err
	}
	runs, keepErr := b.keep(journal.Watched{Workload: w.Name, Live: true, Facts: facts, Observation: seen})
	return runs, errors.Join(err, keepErr)
}

// watchRunning watches until the time is over or ctx ends; what was seen by then
// is returned beside ctx's error.
func (b *Bench) watchRunning(ctx context.Context, observer *watch.Observer, w inspect.Workload, options ObserveOptions, progress func(Progress)) (o observe.Observation, err error) {
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
	next := "A running container is watched with eBPF or not at all. Leave out --live to have a copy watched, which may be traced instead."
	if refused.Next != observe.NeedsNoPrivilege { // that is just said
		next += " " + refused.Next
	}
	return &observe.RefusedError{Reason: refused.Reason, Err: err, Next: next}
}
