package trials

import (
	"context"
	"slices"
	"testing"

	"bulkhead/fix/trial"
	"bulkhead/ui/tui/work"
)

func started(numbers ...int) Progress {
	var p Progress
	for _, n := range numbers {
		p.Events = append(p.Events, trial.Event{Kind: trial.StepStarted, Step: trial.Step{N: n}})
	}
	return p
}

// TestStepsStandInTheOrderOfTheirNumbers though they start out of it, and the
// cursor stays on its step.
func TestStepsStandInTheOrderOfTheirNumbers(t *testing.T) {
	p := &Page{following: true, feed: newFeed(), work: work.New(context.Background())}
	p.progress(started(1, 3))
	if p.cursor != 1 {
		t.Errorf("the newest step is not followed: the cursor is on place %d", p.cursor)
	}
	p.following = false
	p.progress(started(2, 5, 4))
	var got []int
	for _, s := range p.record.steps {
		got = append(got, s.n)
	}
	if want := []int{1, 2, 3, 4, 5}; !slices.Equal(got, want) {
		t.Errorf("the steps are %v, want %v", got, want)
	}
	if s, _ := p.selected(); s.n != 3 {
		t.Errorf("step %d is selected, want 3", s.n)
	}
}
