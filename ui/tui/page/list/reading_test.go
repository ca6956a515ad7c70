package list

import (
	"context"
	"sync"
	"testing"
)

func TestFeedHandsOverAllThatCame(t *testing.T) {
	f := newFeed()
	var emitters sync.WaitGroup
	for range 8 {
		emitters.Go(func() {
			for range 50 {
				f.emit(workload("shop", "web"))
			}
		})
	}
	seen, count := 0, 0
	for count < 400 {
		r, ok := f.next(context.Background(), 7)().(Read)
		if !ok || r.Look != 7 {
			t.Fatalf("what came is %+v", r)
		}
		seen, count = seen+len(r.Workloads), r.Count
	}
	emitters.Wait()
	if seen != 400 || count != 400 {
		t.Errorf("%d of 400 came, %d counted", seen, count)
	}
}

func TestFeedIsBoundedAndCountsOn(t *testing.T) {
	f := newFeed()
	for range maxWaiting + 3 {
		f.emit(workload("shop", "web"))
	}
	if r := f.take(1); len(r.Workloads) != maxWaiting || r.Count != maxWaiting+3 {
		t.Errorf("%d wait, %d counted", len(r.Workloads), r.Count)
	}
}

func TestFeedGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if msg := newFeed().next(ctx, 1)(); msg != nil {
		t.Errorf("it returned %v", msg)
	}
}
