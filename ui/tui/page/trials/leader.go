package trials

import (
	"context"
	"slices"
	"sync"

	"bulkhead/fix"
	"bulkhead/fix/trial"
)

// Turn is what stands when the search waits for the person.
type Turn struct {
	// Next is what the search would do by itself.
	Next trial.Decision
	// Comparable says that a baseline works, so that plans can be tried.
	Comparable bool
	// Sofar is the tightest plan that passed, Dials what can be closed besides
	// capabilities.
	Sofar fix.Plan
	Dials []fix.Plan
	// Trials are all that count, with what the person judged.
	Trials []trial.Trial
	// Problem is why the last order could not be carried out.
	Problem error
}

// order is what the person wants done next.
type order func(context.Context, *leader, *trial.Search) (trial.Result, error)

// leader carries a search on in its own goroutine: by itself until it is paused,
// and then as it is ordered.
type leader struct {
	feed   *feed
	byHand bool
	// orders holds one: the next is only given on the next Turn.
	orders chan order

	mu     sync.Mutex
	paused bool
	cancel context.CancelFunc // of what goes on by itself, nil for nothing
}

func newLeader(f *feed, byHand bool) *leader {
	return &leader{feed: f, byHand: byHand, orders: make(chan order, 1)}
}

// emit hands the event on. The first answer after a pause was asked for ends
// what goes on by itself.
func (l *leader) emit(e trial.Event) {
	l.feed.emit(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Kind == trial.StepFinished && l.paused && l.cancel != nil {
		l.cancel()
	}
}

// pause asks for the person's turn after the next answer.
func (l *leader) pause() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = true
}

func (l *leader) pausing() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.paused
}

// lead carries the search to its end, or until ctx ends.
func (l *leader) lead(ctx context.Context, s *trial.Search) (trial.Result, error) {
	next := order(carryOn)
	if l.byHand {
		next = func(ctx context.Context, _ *leader, s *trial.Search) (trial.Result, error) {
			return s.Result(), ctx.Err()
		}
	}
	for {
		r, err := next(ctx, l, s)
		if r.Finished || ctx.Err() != nil {
			return r, err
		}
		l.answered()
		l.feed.hand(turnOf(s, err))
		select {
		case next = <-l.orders:
		case <-ctx.Done():
			return s.Result(), ctx.Err()
		}
	}
}

// byItself lets the search go on until it ends or is paused.
func (l *leader) byItself(ctx context.Context, run func(context.Context) (trial.Result, error)) (trial.Result, error) {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	l.set(cancel)
	defer l.set(nil)
	r, err := run(own)
	if own.Err() != nil && ctx.Err() == nil && onlyCancelled(err) {
		err = nil
	}
	return r, err
}

// set says what a pause has to end.
func (l *leader) set(cancel context.CancelFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancel = cancel
}

// answered forgets a pause that was asked for, as the person's turn has come.
func (l *leader) answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = false
}

func turnOf(s *trial.Search, problem error) Turn {
	k := s.Known()
	t := Turn{Next: trial.Decide(k), Trials: k.Trials, Problem: problem}
	// Without a baseline that works there is nothing to hold a plan against.
	t.Comparable = slices.ContainsFunc(k.Trials, func(one trial.Trial) bool {
		return one.Baseline && !one.RootOwned && one.Verdict == trial.Works && one.Notch == k.Notch
	})
	if t.Comparable {
		t.Sofar, t.Dials = k.Sofar(), k.Dials()
	}
	return t
}

// proceed does what the search would do next.
func proceed(ctx context.Context, _ *leader, s *trial.Search) (trial.Result, error) {
	return s.Advance(ctx)
}

// carryOn lets it go on by itself.
func carryOn(ctx context.Context, l *leader, s *trial.Search) (trial.Result, error) {
	return l.byItself(ctx, s.Run)
}

// try runs a plan of the person's choice.
func try(plan fix.Plan) order {
	return func(ctx context.Context, _ *leader, s *trial.Search) (trial.Result, error) {
		_, err := s.Try(ctx, trial.Step{Purpose: plan.String(), Plan: plan})
		return s.Result(), err
	}
}

// prove confirms a plan of the person's choice, and ends with it where it holds.
func prove(plan fix.Plan) order {
	return func(ctx context.Context, _ *leader, s *trial.Search) (trial.Result, error) {
		return s.Settle(ctx, plan)
	}
}

// judge lets the person's verdict count.
func judge(n int, v trial.Verdict, why string) order {
	return func(_ context.Context, _ *leader, s *trial.Search) (trial.Result, error) {
		if err := s.Overrule(n, v, why); err != nil {
			return s.Result(), err
		}
		return s.Result(), s.Keep()
	}
}
