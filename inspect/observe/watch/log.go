package watch

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/audit"
	"bulkhead/inspect/observe/wire"
)

// LogCommand is what the helper's image runs to read the kernel's log: the
// hidden command of the binary that serves what audit.Listen returns.
var LogCommand = []string{"agent", "audit"}

// LogObserver is a helper that reads the kernel's log. It watches one copy at a
// time.
type LogObserver struct{ *Observer }

// StartLog starts a helper that reads the kernel's log: on the host's network,
// with CAP_AUDIT_READ and nothing else. The caller closes it. The error may be an
// *observe.RefusedError.
func StartLog(ctx context.Context, api *client.Client, opt Options) (*LogObserver, error) {
	o, err := start(ctx, api, opt, helper{LogCommand, []string{"AUDIT_READ"}, "host"})
	if err != nil {
		return nil, err
	}
	l := &LogObserver{o}
	if err := l.try(ctx); err != nil {
		return nil, errors.Join(err, l.Close(ctx))
	}
	return l, nil
}

// try begins a watch and ends it; that nothing was logged of no copy is well.
func (l *LogObserver) try(ctx context.Context) error {
	if _, err := l.ask(ctx, wire.Request{Watch: &wire.Watch{ID: nobody}}); err != nil {
		return err
	}
	_, err := l.ask(ctx, wire.Request{Of: nobody, Stop: true})
	var refused *observe.RefusedError
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

// Prepare returns the settings of a copy that is logged.
func (l *LogObserver) Prepare(config *container.Config, host *container.HostConfig) (*container.Config, *container.HostConfig, error) {
	return audit.Prepare(config, host)
}

// LogWatch is a copy that is logged.
type LogWatch struct {
	watch  *Watch
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// lookEvery is how often the engine is asked for the copy's processes.
const lookEvery = 250 * time.Millisecond

// Watch watches a copy that was created with the settings that Prepare returns,
// from before its start.
func (l *LogObserver) Watch(ctx context.Context, id string) (*LogWatch, error) {
	w, err := l.Observer.Watch(ctx, id)
	if err != nil {
		return nil, err
	}
	looking, cancel := context.WithCancel(context.WithoutCancel(ctx))
	lw := &LogWatch{watch: w, cancel: cancel}
	lw.done.Go(func() { lw.list(looking) })
	return lw, nil
}

// list tells the helper which processes are the copy's, again and again. While
// it does not run there are none. A process that is not told of is accounted
// for when the watch stops.
func (w *LogWatch) list(ctx context.Context) {
	told := map[int]bool{}
	for {
		var news []int
		for _, pid := range w.pids(ctx) {
			if !told[pid] {
				news = append(news, pid)
			}
		}
		if len(news) > 0 {
			if _, err := w.watch.ask(ctx, wire.Request{PIDs: news}); err != nil {
				return // Stop meets the same
			}
			if len(told) > maxTold {
				clear(told)
			}
			for _, pid := range news {
				told[pid] = true
			}
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return
		}
	}
}

// maxTold bounds what is remembered of the processes that were told.
const maxTold = 65_536

// pids are the copy's processes as the engine's host counts them.
func (w *LogWatch) pids(ctx context.Context) []int {
	top, err := w.watch.observer.api.ContainerTop(ctx, w.watch.id, client.ContainerTopOptions{Arguments: []string{"-eo", "pid"}})
	if err != nil {
		return nil
	}
	var pids []int
	for _, p := range top.Processes {
		if pid, err := strconv.Atoi(slices.Concat(p, []string{""})[0]); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Phase marks the phase that begins now.
func (w *LogWatch) Phase(ctx context.Context, p observe.Phase) error { return w.watch.Phase(ctx, p) }

// Stop ends the watch and returns which system calls were logged. Where none
// were, the error is an *observe.RefusedError.
func (w *LogWatch) Stop(ctx context.Context) (observe.Observation, error) {
	w.cancel()
	w.done.Wait()
	a, err := w.watch.ask(ctx, wire.Request{Stop: true})
	if err != nil {
		return observe.Observation{}, err
	}
	return answered(a)
}
