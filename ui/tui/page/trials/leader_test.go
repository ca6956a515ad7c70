package trials

import (
	"context"
	"testing"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/tui/tuitest"
	"bulkhead/ui/workbench"
)

// TestPauseWaitsForTheAnswerThatIsUnderWay and then for the person.
func TestPauseWaitsForTheAnswerThatIsUnderWay(t *testing.T) {
	l := newLeader(newFeed(), false)
	done := make(chan trial.Result, 1)
	go func() {
		r, err := tuitest.New().Lead(t.Context(), inspect.Workload{}, workbench.TrialOptions{}, func(e trial.Event) {
			if e.Kind == trial.StepStarted && e.Step.N == 4 {
				l.pause()
			}
			l.emit(e)
		}, l.lead)
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	turn := nextTurn(t.Context(), l.feed)
	if len(turn.Trials) != 4 || len(turn.Next.Steps) == 0 || turn.Problem != nil || l.pausing() {
		t.Errorf("the turn is %+v, still pausing: %v", turn, l.pausing())
	}
	l.orders <- judge(99, trial.Passed, "")
	if turn = nextTurn(t.Context(), l.feed); turn.Problem == nil {
		t.Error("a trial that is not there was judged")
	}
	l.orders <- carryOn
	if r := <-done; !r.Proved || !r.Plan.Equal(tuitest.Final()) {
		t.Errorf("proved: %v, %s", r.Proved, r.Plan)
	}
}

func nextTurn(ctx context.Context, f *feed) Turn {
	for {
		if p := f.next(ctx, 1)().(Progress); p.Turn != nil {
			return *p.Turn
		}
	}
}

// TestAPauseDuringAnOrderEndsWithIt: it does not stop what is ordered later.
func TestAPauseDuringAnOrderEndsWithIt(t *testing.T) {
	l := newLeader(newFeed(), true)
	done := make(chan trial.Result, 1)
	go func() {
		r, err := tuitest.New().Lead(t.Context(), inspect.Workload{}, workbench.TrialOptions{}, func(e trial.Event) {
			if e.Kind == trial.StepStarted && e.Step.N == 1 {
				l.pause()
			}
			l.emit(e)
		}, l.lead)
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	nextTurn(t.Context(), l.feed)
	l.orders <- proceed
	nextTurn(t.Context(), l.feed)
	if l.pausing() {
		t.Fatal("it is the person's turn, and a pause is still waited for")
	}
	l.orders <- carryOn
	if r := <-done; !r.Proved {
		t.Errorf("it ended without a proved plan: %s", r.Plan)
	}
}
