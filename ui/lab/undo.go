package lab

import (
	"context"
	"errors"
	"slices"
	"time"
)

// undoPatience bounds taking everything back: the stops with their grace
// periods, mostly.
const undoPatience = time.Minute

// undo remembers how to take back what was made.
type undo struct {
	steps []step
}

type step struct {
	take func(context.Context) error
	// interrupted limits the step to an interruption by the person.
	interrupted bool
}

// add remembers a step.
func (u *undo) add(take func(context.Context) error) {
	u.steps = append(u.steps, step{take: take})
}

// whenInterrupted remembers a step that is taken only when the context ended.
func (u *undo) whenInterrupted(take func(context.Context) error) {
	u.steps = append(u.steps, step{take: take, interrupted: true})
}

// run takes the steps, the last first. The context may have ended already.
func (u *undo) run(ctx context.Context) error {
	ended := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoPatience)
	defer cancel()
	var errs []error
	for _, s := range slices.Backward(u.steps) {
		if s.interrupted && !ended {
			continue
		}
		if err := s.take(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
