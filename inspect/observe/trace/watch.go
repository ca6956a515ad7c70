package trace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/watch"
	"bulkhead/inspect/observe/wire"
)

// Watch is a copy under observation, through all its starts.
type Watch struct {
	api            *client.Client
	known          *watch.Known
	id, user, mark string
	requests       chan request
	cancel         context.CancelFunc
	done           chan struct{}

	// What follows belongs to the goroutine of run.
	phase   observe.Phase
	session *session
	seen    []observe.Observation
	err     error
}

// request asks the goroutine of a watch for a phase or, without one, its end.
type request struct {
	phase observe.Phase
	done  chan error
}

// Watch watches a copy that was created with the settings that Prepare returns
// and has not been started yet. From here on each start of it is traced, until
// Stop.
func (o *Observer) Watch(ctx context.Context, id string) (*Watch, error) {
	found, err := o.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("tracing container %s: %w", id, err)
	}
	if found.Container.Config == nil {
		return nil, fmt.Errorf("tracing container %s: the engine does not show its settings", id)
	}
	m, err := mark(found.Container.Config.Entrypoint)
	if err != nil {
		return nil, fmt.Errorf("tracing container %s: %w", id, err)
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := &Watch{
		api: o.api, known: o.known, id: id, user: found.Container.Config.User, mark: m,
		requests: make(chan request), cancel: cancel, done: make(chan struct{}),
	}
	starts := o.api.Events(running, client.EventsListOptions{
		Filters: make(client.Filters).Add("container", id).Add("event", string(events.ActionStart)),
	})
	go w.run(running, starts)
	return w, nil
}

// run follows the container's starts and ends until it is asked to stop.
func (w *Watch) run(ctx context.Context, starts client.EventsResult) {
	defer close(w.done)
	for {
		var answers chan wire.Answer
		if w.session != nil {
			answers = w.session.answers
		}
		select {
		case <-starts.Messages:
			w.begin(ctx)
		case err := <-starts.Err:
			w.err = errors.Join(w.err, fmt.Errorf("listening for the container's start: %w", err))
			starts.Err = nil
		case a, ok := <-answers:
			w.heard(a, ok)
		case <-ctx.Done():
			w.finish()
			return
		case r := <-w.requests:
			w.catchUp(ctx, starts)
			if r.phase == "" {
				w.finish()
				r.done <- w.err
				return
			}
			r.done <- w.became(r.phase)
		}
	}
}

// begin traces a start. A copy that cannot be traced is killed.
func (w *Watch) begin(ctx context.Context) {
	s, err := join(ctx, w.api, w.id, w.user, w.mark, w.phase)
	if err != nil {
		// It would wait for its tracer until it gives up.
		_, killErr := w.api.ContainerKill(ctx, w.id, client.ContainerKillOptions{Signal: "KILL"})
		if cerrdefs.IsConflict(killErr) || cerrdefs.IsNotFound(killErr) {
			killErr = nil // it has ended
		}
		w.err = errors.Join(w.err, err, killErr)
		return
	}
	w.session = s
	w.settle()
}

// catchUp waits for the news of a start that the engine has made already.
func (w *Watch) catchUp(ctx context.Context, starts client.EventsResult) {
	if w.session != nil || w.err != nil {
		return
	}
	found, err := w.api.ContainerInspect(ctx, w.id, client.ContainerInspectOptions{})
	if err != nil || found.Container.State == nil || !found.Container.State.Running {
		return
	}
	select {
	case <-starts.Messages:
		w.begin(ctx)
	case <-time.After(newsTakes):
		// The one that runs was seen to start, and its tracer is gone.
	}
}

// newsTakes bounds how long the engine takes to tell of a start.
const newsTakes = 5 * time.Second

// heard takes what the tracer sends by itself.
func (w *Watch) heard(a wire.Answer, ok bool) {
	if ok {
		w.session.last = a.Observation
		w.settle()
		return
	}
	w.err = errors.Join(w.err, w.session.gone(errors.New("its container ended, and what it saw is lost")))
	w.session.stream.Close()
	w.session = nil
}

// settle keeps what was seen where the container ends, and lets it.
func (w *Watch) settle() {
	if w.session.last == nil {
		return
	}
	w.seen = append(w.seen, *w.session.last)
	w.session.end()
	w.session = nil
}

func (w *Watch) became(p observe.Phase) error {
	w.phase = p
	if w.session == nil {
		return w.err
	}
	_, err := w.session.ask(wire.Request{Phase: p})
	if w.session.last != nil {
		err = nil // it ended meanwhile
	}
	w.settle()
	return errors.Join(w.err, err)
}

// finish takes what a tracer at work has seen so far, and ends it.
func (w *Watch) finish() {
	if w.session == nil {
		return
	}
	a, err := w.session.ask(wire.Request{Stop: true})
	if err != nil {
		w.err = errors.Join(w.err, err)
	} else if a.Observation != nil {
		w.seen = append(w.seen, *a.Observation)
	}
	w.session.end()
	w.session = nil
}

// do asks the goroutine.
func (w *Watch) do(ctx context.Context, p observe.Phase) error {
	r := request{phase: p, done: make(chan error, 1)}
	select {
	case w.requests <- r:
		return <-r.done
	case <-w.done:
		return errors.New("the watch has ended")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Phase marks the phase that begins now. The phase start is seen without it.
// Marked while the container does not run, a phase begins with its next start.
func (w *Watch) Phase(ctx context.Context, p observe.Phase) error {
	if slices.Index(observe.Phases, p) < slices.Index(observe.Phases, observe.Start) {
		return fmt.Errorf("there is no phase %q to mark", p)
	}
	return w.do(ctx, p)
}

// Stop ends the watch and returns what was seen as one run, with the
// capabilities of the executed files, for which the container must still be
// there, running or not. One that runs goes on untraced.
func (w *Watch) Stop(ctx context.Context) (observe.Observation, error) {
	err := w.do(ctx, "")
	w.cancel()
	if ctx.Err() == nil {
		<-w.done
	}
	if err != nil {
		return observe.Observation{}, err
	}
	if len(w.seen) == 0 {
		return observe.Observation{Runs: 1, Unseen: blind()}.Sorted(), nil
	}
	o := observe.Merge(w.seen...)
	o.Runs = 1
	return w.known.Complete(ctx, w.id, o, true), nil
}
