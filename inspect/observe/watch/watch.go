package watch

import (
	"context"
	"errors"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/wire"
)

// Watch is a container under observation.
type Watch struct {
	observer *Observer
	id       string
	meter    *Meter
	// live says that the container ran before it was watched.
	live bool
}

// Watch watches the container with the ID that create returned, from before
// its start: the runtime that sets it up is seen as well. The error may be an
// *observe.RefusedError.
func (o *Observer) Watch(ctx context.Context, id string) (*Watch, error) {
	return o.watch(ctx, wire.Watch{ID: id})
}

// WatchRunning watches a container that runs already, from now on.
func (o *Observer) WatchRunning(ctx context.Context, id string) (*Watch, error) {
	return o.watch(ctx, wire.Watch{ID: id, Live: true})
}

func (o *Observer) watch(ctx context.Context, w wire.Watch) (*Watch, error) {
	if _, err := o.ask(ctx, wire.Request{Watch: &w}); err != nil {
		return nil, err
	}
	// It outlives this call, not the observer.
	return &Watch{observer: o, id: w.ID, meter: Measure(o.living, o.api, w.ID), live: w.Live}, nil
}

// ask asks the helper about this watch.
func (w *Watch) ask(ctx context.Context, r wire.Request) (wire.Answer, error) {
	r.Of = w.id
	return w.observer.ask(ctx, r)
}

// Phase marks the phase that begins now. The phase runtime, and its end, are
// seen without it; what comes after is start until another is marked.
func (w *Watch) Phase(ctx context.Context, p observe.Phase) error {
	_, err := w.ask(ctx, wire.Request{Phase: p})
	return err
}

// Peek says how much was seen so far.
func (w *Watch) Peek(ctx context.Context) (observe.Moment, error) {
	a, err := w.ask(ctx, wire.Request{Peek: true})
	if err != nil || a.Moment == nil {
		return observe.Moment{}, err
	}
	return *a.Moment, nil
}

// Stop ends the watch and returns what was seen, with the container's mounts, the
// peaks of the engine's statistics, and the capabilities of the executed files,
// for which the container must still be there, running or not.
func (w *Watch) Stop(ctx context.Context) (observe.Observation, error) {
	peaks := w.meter.Stop()
	a, err := w.ask(ctx, wire.Request{Stop: true})
	if err != nil {
		return observe.Observation{}, err
	}
	o, err := answered(a)
	if err != nil {
		return o, err
	}
	o.Peaks = o.Peaks.Max(peaks)
	return w.observer.known.Complete(ctx, w.id, o, !w.live), nil
}

// answered is the observation in an answer.
func answered(a wire.Answer) (observe.Observation, error) {
	if a.Observation == nil {
		return observe.Observation{}, errors.New("listening to the observer: it answered without an observation")
	}
	return *a.Observation, nil
}
