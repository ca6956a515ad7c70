package workbench

import (
	"context"
	"time"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/fix/trial/journal"
	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// ObserveOptions say what is watched, and for how long.
type ObserveOptions struct {
	// Live watches the workload's own running container instead of a copy.
	Live bool
	// Restart restarts that container, so that its start is seen, too. Whoever
	// sets it has asked the person.
	Restart bool
	// Length is how long it is watched, a copy after its exercises.
	Length time.Duration
	// Exercises make a copy do its work.
	Exercises []health.Exercise
	// RunDeclared runs the exercises that the workload itself declares, too.
	RunDeclared bool
}

// DefaultObserveLength is how long is watched where nobody says.
const DefaultObserveLength = 30 * time.Second

// Progress is how far a watch has come.
type Progress struct {
	// Phase is "" while a running container is watched.
	Phase observe.Phase
	observe.Moment
}

// Observed is what watching showed.
type Observed struct {
	Workload string
	// Live says that the last run was one of the workload's own running container,
	// LiveRuns how many of all were.
	Live     bool
	LiveRuns int
	// Observation is all runs together, the newest among them.
	Observation observe.Observation
	// Saturation compares the runs; nil where there are none.
	Saturation *observe.Saturation
	// Length is how long the last run was watched.
	Length time.Duration
}

// Observe watches a copy of the workload through its life, or its own running
// container, and says on the way how far it has come. Runs are kept in the
// journal and put together. When ctx ends, what was seen of a running container
// so far is kept and returned beside ctx's error.
func (b *Bench) Observe(ctx context.Context, w inspect.Workload, o ObserveOptions, emit func(trial.Event), progress func(Progress)) (Observed, error) {
	began := b.Now()
	out := Observed{Workload: w.Name, Live: o.Live}
	var runs []journal.Watched
	var err error
	if o.Live {
		runs, err = b.ObserveRunning(ctx, w, o, emit, progress)
	} else {
		own := *b
		own.Trials.Exercises, own.Trials.RunDeclared = o.Exercises, o.RunDeclared
		runs, err = own.ObserveClone(ctx, w, o.Length, emit, progress)
	}
	out.together(runs)
	out.Length = b.Now().Sub(began)
	if o.Live {
		out.Length = min(out.Length, o.Length) // the rest is the observer's own start
	}
	return out, err
}

// together puts the runs together, where there are any.
func (o *Observed) together(runs []journal.Watched) {
	if len(runs) == 0 {
		return
	}
	var seen []observe.Observation
	for _, r := range runs {
		seen = append(seen, r.Observation)
		if r.Live {
			o.LiveRuns++
		}
	}
	compared := observe.Saturate(seen)
	o.Observation, o.Saturation = observe.Merge(seen...), &compared
}

// keep puts a run into the journal and returns all of the same image and
// command, the newest last.
func (b *Bench) keep(run journal.Watched) ([]journal.Watched, error) {
	run.At = b.Now()
	if err := b.Journal.Watched(run); err != nil {
		return nil, err
	}
	return b.Journal.Watches(run.Workload, run.Facts)
}
