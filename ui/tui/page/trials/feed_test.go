package trials

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"bulkhead/fix/trial"
)

func TestFeedKeepsEveryStepAndTheNewestLines(t *testing.T) {
	f := newFeed()
	for i := range 3 * maxLines {
		f.emit(trial.Event{Kind: trial.LogLine, Line: fmt.Sprint(i)})
		if i%100 == 0 {
			f.emit(trial.Event{Kind: trial.StepStarted, Step: trial.Step{N: i}})
		}
	}
	p, ok := f.next(context.Background(), 7)().(Progress)
	if !ok || p.Run != 7 || p.End != nil {
		t.Fatalf("the progress is %+v", p)
	}
	steps, lines, last := 0, 0, ""
	for _, e := range p.Events {
		if e.Kind == trial.LogLine {
			lines++
			last = e.Line
		} else {
			steps++
		}
	}
	if steps != 12 || lines != maxLines || last != fmt.Sprint(3*maxLines-1) {
		t.Errorf("%d steps, %d lines, the last %s", steps, lines, last)
	}
}

func TestFeedEndsAfterTheLastEvent(t *testing.T) {
	f := newFeed()
	var emitters sync.WaitGroup
	for n := range 8 {
		emitters.Go(func() {
			for i := range 50 {
				f.emit(trial.Event{Kind: trial.Note, Line: fmt.Sprint(n, i)})
			}
		})
	}
	go func() {
		emitters.Wait()
		f.finish(trial.Result{Proved: true}, nil)
	}()
	seen := 0
	for {
		p := f.next(context.Background(), 1)().(Progress)
		seen += len(p.Events)
		if p.End != nil {
			break
		}
	}
	if seen != 400 {
		t.Errorf("%d of 400 events came before the end", seen)
	}
}

func TestFeedGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if msg := newFeed().next(ctx, 1)(); msg != nil {
		t.Errorf("it returned %v", msg)
	}
}
