package clone

import (
	"context"
	"errors"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
)

// lostError says that a companion ended while the subject ran: what went wrong
// then says nothing about the subject.
type lostError struct{ of *pattern }

func (e *lostError) Error() string { return e.of.called + " ended" }

// once is one life of one copy.
func (r Runner) once(ctx context.Context, step trial.Step, expect *health.Expectation, book *logbook) (health.Reading, error) {
	watch := r.Watchman.reserve(ctx, step, r.Session.original.Mounts)
	c, err := r.Session.create(ctx, step, book, watch)
	if err != nil {
		watch.end(ctx, false)
		return health.Reading{}, err
	}
	life := &life{copied: c, runner: r, step: step, expect: expect}
	watch.watch(ctx, c.id)
	err = life.run(ctx)
	seen := watch.end(ctx, life.whole)
	if seen != nil {
		targets, mountErr := c.mountPoints(ctx)
		err = errors.Join(err, mountErr)
		life.reading.Watched = health.Reduce(*seen, targets)
		if step.Teaches() {
			life.reading.Peak = life.reading.Peak.Max(health.Peak{Memory: int64(seen.Peaks.Memory), Processes: int64(seen.Peaks.Processes)})
		}
	}
	if err == nil && r.studies(step) && life.whole {
		err = life.study(ctx, seen)
	}
	if reading := life.reading; err == nil && (!reading.Ready || reading.Exercise != "") && !health.IsJob(reading) {
		err = c.lost(ctx)
	}
	err = errors.Join(err, c.remove(ctx))
	life.reading.Log = book.lines()
	life.reading.Complaints = book.complained()
	return life.reading, err
}

// lost looks for a companion that runs today and whose copy does not any more.
func (c *copied) lost(ctx context.Context) error {
	for _, companion := range c.companions {
		today := companion.of.original.State
		if today == nil || !today.Running {
			continue
		}
		st, err := companion.state(ctx)
		if err != nil {
			return err
		}
		if st.ended {
			return &lostError{companion.of}
		}
	}
	return nil
}
