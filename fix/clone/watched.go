package clone

import (
	"context"
	"fmt"
	"sync"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// Watching is one container under observation.
type Watching interface {
	Phase(ctx context.Context, p observe.Phase) error
	// Stop ends it; the container must still be there.
	Stop(ctx context.Context) (observe.Observation, error)
}

// Watchman has copies watched, one at a time: a copy that comes while another
// is watched goes unwatched. A watchman that fails is said once and watches no
// more; it never fails a run.
type Watchman struct {
	// Watch watches the created container from before its start.
	Watch func(ctx context.Context, id string) (Watching, error)
	// Note is told why nothing is watched any more.
	Note func(string)
	// Keep, where it is set, gets the observation of every baseline that lived its
	// whole life.
	Keep func(observe.Observation) error

	busy sync.Mutex // held while a copy is watched; guards lost
	lost bool
}

// underWatch is a copy that is watched; nil for one that is not.
type underWatch struct {
	man      *Watchman
	watching Watching
	baseline bool
}

// watch watches the copy of a step that asks for it.
func (w *Watchman) watch(ctx context.Context, step trial.Step, id string) *underWatch {
	if w == nil || !step.Watch || !w.busy.TryLock() {
		return nil
	}
	if w.lost || ctx.Err() != nil {
		w.busy.Unlock()
		return nil
	}
	// Cut off in the middle of an answer, the observer would be of no more use.
	whole, cancel := uncut(ctx)
	defer cancel()
	watching, err := w.Watch(whole, id)
	if err != nil {
		w.fail(err)
		w.busy.Unlock()
		return nil
	}
	return &underWatch{man: w, watching: watching, baseline: step.Baseline}
}

// fail gives up watching; busy is held.
func (w *Watchman) fail(err error) {
	if !w.lost {
		w.lost = true
		w.Note(fmt.Sprintf("Copies are watched no more: %s.", inspect.Printable(err.Error())))
	}
}

func (u *underWatch) phase(ctx context.Context, p observe.Phase) {
	if u == nil || u.man.lost {
		return
	}
	ctx, cancel := uncut(ctx)
	defer cancel()
	if err := u.watching.Phase(ctx, p); err != nil {
		u.man.fail(err)
	}
}

// end ends the watch, also after ctx has ended, and says what was seen; whole
// says that the copy has lived its whole life.
func (u *underWatch) end(ctx context.Context, whole bool) *observe.Observation {
	if u == nil {
		return nil
	}
	defer u.man.busy.Unlock()
	if u.man.lost {
		return nil
	}
	ctx, cancel := uncut(ctx)
	defer cancel()
	seen, err := u.watching.Stop(ctx)
	if err != nil {
		u.man.fail(err)
		return nil
	}
	if u.baseline && whole && u.man.Keep != nil {
		if err := u.man.Keep(seen); err != nil {
			u.man.Note(inspect.Printable(err.Error()) + ".")
		}
	}
	return &seen
}
