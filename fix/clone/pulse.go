package clone

import (
	"context"
	"sync"
	"time"

	"bulkhead/inspect/observe"
)

// Peeker is a Watching that says on the way how much it has seen.
type Peeker interface {
	Peek(ctx context.Context) (observe.Moment, error)
}

// pulse looks at a watch on its way, so that its observation has a curve, and
// tells how far it has come.
type pulse struct {
	cancel context.CancelFunc
	over   sync.WaitGroup
	tell   func(observe.Phase, observe.Moment)

	mu    sync.Mutex
	phase observe.Phase
}

// beatEvery is the pace at which a watch is looked at.
const beatEvery = time.Second

// beat begins to look; tell may be nil.
func beat(ctx context.Context, peeker Peeker, tell func(observe.Phase, observe.Moment)) *pulse {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &pulse{cancel: cancel, tell: tell, phase: observe.Start}
	p.over.Go(func() {
		for wait(ctx, beatEvery) == nil {
			// Cut off in the middle of an answer, the observer would be of no more use.
			m, err := peeker.Peek(context.WithoutCancel(ctx))
			if err != nil {
				return // whoever ends the watch hears of it
			}
			if tell != nil {
				tell(p.now(), m)
			}
		}
	})
	return p
}

func (p *pulse) now() observe.Phase {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.phase
}

// enter says that a phase begins.
func (p *pulse) enter(phase observe.Phase) {
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.phase = phase
	}
}

// end waits until nobody looks any more.
func (p *pulse) end() {
	if p != nil {
		p.cancel()
		p.over.Wait()
	}
}
