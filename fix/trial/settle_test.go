package trial

import (
	"context"
	"errors"
	"testing"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

func led(t *testing.T, s *simulated, opt Options) *Search {
	t.Helper()
	s.granted = inspect.DefaultCaps
	return New(s, subject(inspect.DefaultCaps), opt, func(Event) {})
}

func advance(t *testing.T, s *Search) Result {
	t.Helper()
	r, err := s.Advance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A step at a time leads to where Run leads.
func TestAdvanceEndsWhereRunEnds(t *testing.T) {
	want := find(t, &simulated{works: needs("CHOWN", "SETUID")}, inspect.DefaultCaps, Options{})
	s := led(t, &simulated{works: needs("CHOWN", "SETUID")}, Options{})
	var got Result
	for n := 0; !got.Finished; n++ {
		if got = advance(t, s); len(got.Trials) > n+1 {
			t.Fatalf("step %d ran %d trials", n, len(got.Trials))
		}
	}
	if !got.Proved || !got.Plan.Equal(want.Plan) || len(got.Trials) != len(want.Trials) {
		t.Errorf("proved %v after %d trials: %s; Run needs %d: %s", got.Proved, len(got.Trials), got.Plan, len(want.Trials), want.Plan)
	}
}

func TestSettle(t *testing.T) {
	plan := fix.NewPlan(inspect.Change{Dial: inspect.DialCapabilities, Keep: caps("CHOWN", "SETUID", "KILL")})
	for _, tt := range []struct {
		name   string
		works  func(inspect.CapSet) bool
		proved bool
		trials int
	}{
		{"passes twice", needs("SETUID"), true, 4},
		{"fails", needs("SETGID"), false, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := led(t, &simulated{works: tt.works}, Options{})
			advance(t, s)
			advance(t, s)
			r, err := s.Settle(t.Context(), plan)
			if err != nil {
				t.Fatal(err)
			}
			if r.Proved != tt.proved || r.Finished != tt.proved || len(r.Trials) != tt.trials {
				t.Errorf("proved %v, finished %v after %d trials", r.Proved, r.Finished, len(r.Trials))
			}
			if tt.proved && !r.Plan.Equal(plan) {
				t.Errorf("ended with %s", r.Plan)
			}
		})
	}
}

func TestSettleRefusesAPlanWithoutAChange(t *testing.T) {
	s := led(t, &simulated{works: needs()}, Options{})
	if _, err := s.Settle(t.Context(), fix.Plan{}); !errors.Is(err, ErrNothingToSettle) {
		t.Errorf("error %v", err)
	}
}

func TestSofarIsTheTightestThatPassed(t *testing.T) {
	s := led(t, &simulated{works: needs("SETUID")}, Options{})
	for range 2 {
		advance(t, s)
	}
	tighter, looser := with(fix.Plan{}, caps("SETUID")), with(fix.Plan{}, caps("CHOWN", "SETUID"))
	fails := with(fix.Plan{}, 0)
	for _, plan := range []fix.Plan{tighter, looser, fails} {
		if _, err := s.Try(t.Context(), Step{Plan: plan}); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Known().Sofar(); !got.Equal(tighter) {
		t.Errorf("so far: %s", got)
	}
}

// counted counts how often the isolation was loosened.
type counted struct {
	*simulated
	notches int
}

func (c *counted) Loosen(ctx context.Context) (string, error) {
	c.notches++
	return c.simulated.Loosen(ctx)
}

func TestRunDoesNotLoosenTwice(t *testing.T) {
	runner := &counted{simulated: &simulated{works: needs("SETUID"), loosened: []string{"one", "two"}, granted: inspect.DefaultCaps}}
	works := healthy()
	runner.baseline = func(n int) (r health.Reading) {
		if n > 1 {
			r = works
		}
		return r
	}
	s := New(runner, subject(inspect.DefaultCaps), Options{}, func(Event) {})
	for range 3 {
		advance(t, s)
	}
	if s.Known().Notch != 1 {
		t.Fatalf("notch %d", s.Known().Notch)
	}
	r, err := s.Run(t.Context())
	if err != nil || !r.Proved || runner.notches != 1 {
		t.Errorf("error %v, proved %v, loosened %d times", err, r.Proved, runner.notches)
	}
}
