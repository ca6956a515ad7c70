package trial

import (
	"context"
	"slices"
	"sync"
)

// flights are the steps of a search that are under way. Whoever starts one
// waits for it in land.
type flights struct {
	search *Search
	most   int
	under  []*flight
	landed chan *flight
	all    sync.WaitGroup
}

type flight struct {
	step     Step
	cancel   context.CancelFunc
	unwanted bool
	err      error
}

func newFlights(s *Search, most int) *flights {
	return &flights{search: s, most: most, landed: make(chan *flight)}
}

// fly lets the wanted steps run, as many at once as allowed, calls back those
// that are wanted no more, and returns when one has ended.
func (f *flights) fly(ctx context.Context, wanted []Step) error {
	waiting := slices.Clone(wanted)
	for _, under := range f.under {
		i := slices.IndexFunc(waiting, under.step.same)
		if i >= 0 {
			waiting = slices.Delete(waiting, i, i+1)
		} else if !under.unwanted {
			under.unwanted = true
			under.cancel()
		}
	}
	for _, step := range waiting {
		if len(f.under) >= f.most {
			break
		}
		f.start(ctx, step)
	}
	return f.wait(ctx)
}

func (f *flights) start(ctx context.Context, step Step) {
	ctx, cancel := context.WithCancel(ctx)
	one := &flight{step: step, cancel: cancel}
	f.under = append(f.under, one)
	f.all.Go(func() {
		_, one.err = f.search.one(ctx, step)
		f.landed <- one
	})
}

// wait returns when a step has ended. That one was called back is no error.
func (f *flights) wait(ctx context.Context) error {
	one := <-f.landed
	one.cancel()
	f.under = slices.DeleteFunc(f.under, func(o *flight) bool { return o == one })
	if one.unwanted && ctx.Err() == nil {
		return nil // cut off in the middle, it may have failed in any way
	}
	return one.err
}

// land calls back all that is under way and waits for it.
func (f *flights) land() {
	for _, one := range f.under {
		one.cancel()
	}
	for range f.under {
		<-f.landed
	}
	f.under = nil
	f.all.Wait()
}
