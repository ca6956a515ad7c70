package trial

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// passes runs trials and says which of them passed.
func (s *search) passes(ctx context.Context, steps ...Step) ([]bool, error) {
	readings, err := s.try(ctx, steps)
	if err != nil {
		return nil, err
	}
	passed := make([]bool, len(readings))
	for i, r := range readings {
		passed[i] = len(s.expect.Compare(r)) == 0
	}
	return passed, nil
}

// try runs steps, as many at once as the options allow, and records them.
func (s *search) try(ctx context.Context, steps []Step) ([]health.Reading, error) {
	readings := make([]health.Reading, len(steps))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, s.opt.Parallel))
	for i, step := range steps {
		s.steps++
		step.N = s.steps
		group.Go(func() error {
			if err := groupCtx.Err(); err != nil {
				return err
			}
			var err error
			readings[i], err = s.one(groupCtx, step)
			return err
		})
	}
	err := group.Wait()
	if ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), ignoreCancelled(err))
	}
	return readings, err
}

// ignoreCancelled drops an error that says only that the search was stopped.
func ignoreCancelled(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// one runs one step and records it.
func (s *search) one(ctx context.Context, step Step) (health.Reading, error) {
	tested := s.start(step)
	began := s.opt.Now()
	var expect *health.Expectation
	if !step.Baseline {
		expect = &s.expect
	}
	reading, err := s.runner.Run(ctx, step, expect, func(line string) {
		s.emit(Event{Kind: LogLine, Step: step, Line: line})
	})
	if err != nil {
		return reading, fmt.Errorf("%s: %w", step.Purpose, err)
	}
	t := Trial{
		N: step.N, Purpose: step.Purpose, Plan: step.Plan, Drop: []string{}, Add: []string{},
		Seconds: seconds(s.opt.Now().Sub(began)), Evidence: []string{}, Log: tail(reading.Log, 40),
	}
	if keep, ok := step.Plan.Capabilities(); ok {
		t.Drop, t.Add = []string{"ALL"}, keep.Names()
	}
	t.Verdict, t.Evidence = s.judge(step, reading)
	s.finish(step, t, tested)
	return reading, nil
}

func (s *search) judge(step Step, r health.Reading) (Verdict, []string) {
	if step.Baseline {
		if missing := unwell(r); len(missing) > 0 {
			return Failed, missing
		}
		return Works, []string{fmt.Sprintf("Ready after %.1f s.", r.ReadyAfter.Seconds())}
	}
	if differences := s.expect.Compare(r); len(differences) > 0 {
		return Failed, differences
	}
	return Passed, []string{}
}

// start says that the step is under way. It returns the
// capabilities that the step tests: those it leaves out.
func (s *search) start(step Step) inspect.CapSet {
	s.mu.Lock()
	defer s.mu.Unlock()
	var tested inspect.CapSet
	if keep, ok := step.Plan.Capabilities(); ok {
		tested = s.grid.Granted.Without(keep).Without(s.grid.Needed).Without(s.grid.Unneeded)
	}
	s.grid.Testing = s.grid.Testing.Union(tested)
	s.emit(Event{Kind: StepStarted, Step: step, Grid: s.grid})
	return tested
}

func (s *search) finish(step Step, t Trial, tested inspect.CapSet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grid.Testing = s.grid.Testing.Without(tested)
	if keep, ok := step.Plan.Capabilities(); ok {
		s.learn(keep, t.Verdict == Passed)
	}
	s.result.Trials = append(s.result.Trials, t)
	s.emit(Event{Kind: StepFinished, Step: step, Trial: t, Grid: s.grid})
}
