package list

import (
	"context"
	"sync"

	tea "charm.land/bubbletea/v2"

	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// each is an Auditor that hands over every workload as soon as it was judged,
// from any goroutine and in no order. What it returns at the end holds.
type each interface {
	AuditEach(ctx context.Context, emit func(inspect.Audited)) (workbench.Audit, error)
}

// Read carries the workloads that a look has judged since its last Read, before
// it has ended.
type Read struct {
	Look      int
	Workloads []inspect.Audited
	// Count is how many the look has judged altogether.
	Count int
}

// partial is what the first look has read so far. Later looks have a whole list
// to keep until they have ended.
type partial struct {
	feed      *feed
	ctx       context.Context
	workloads []inspect.Audited
	count     int
}

// startReading looks and shows what comes on the way.
func (p *Page) startReading(auditor each) tea.Cmd {
	// The feed is read until the call ends, which it also does with the group.
	ctx, cancel := context.WithCancel(p.work.Context())
	feed := newFeed()
	p.partial = partial{feed: feed, ctx: ctx}
	return tea.Batch(
		p.work.Cmd(func(context.Context) tea.Msg {
			defer cancel()
			audit, err := auditor.AuditEach(ctx, feed.emit)
			return Loaded{audit, err}
		}),
		feed.next(ctx, p.look),
	)
}

// Look is the number of the look under way; a Read of another is ignored.
func (p *Page) Look() int { return p.look }

// reading says that the list shows only what was read so far.
func (p *Page) reading() bool { return p.loading && !p.loaded && p.partial.count > 0 }

// read takes in what has come.
func (p *Page) read(msg Read) tea.Cmd {
	if msg.Look != p.look || !p.loading || p.partial.feed == nil {
		return nil
	}
	// What an earlier look failed with is not what is shown now.
	p.err = nil
	p.partial.workloads = append(p.partial.workloads, msg.Workloads...)
	p.partial.count = msg.Count
	p.replace(p.partial.workloads)
	return p.partial.feed.next(p.partial.ctx, p.look)
}

// replace shows other workloads and keeps the one that the person has chosen.
// Until they chose, that is the target, or the first.
func (p *Page) replace(workloads []inspect.Audited) {
	selected, place := p.selected(), p.ordinal()
	if !p.loaded && !p.touched {
		selected, place = inspect.Workload{}, 0
	}
	if selected.Name == "" {
		selected.Name = p.target
	}
	p.entries = entries(workloads)
	p.refilter(selected, place)
}

// maxWaiting bounds the workloads that wait to be drawn. What comes beyond it is
// counted, and shown when the look has ended.
const maxWaiting = 4096

// feed carries workloads from the auditor's goroutines to the message loop. Emit
// never blocks, so drawing cannot slow the auditor down.
type feed struct {
	mu      sync.Mutex
	waiting []inspect.Audited
	count   int
	news    chan struct{}
}

func newFeed() *feed { return &feed{news: make(chan struct{}, 1)} }

// emit is handed to the auditor.
func (f *feed) emit(a inspect.Audited) {
	f.mu.Lock()
	f.count++
	if len(f.waiting) < maxWaiting {
		f.waiting = append(f.waiting, a)
	}
	f.mu.Unlock()
	select {
	case f.news <- struct{}{}:
	default:
	}
}

// next returns a command that waits for news of the look. It gives up when ctx
// ends, as the look's own result says all then.
func (f *feed) next(ctx context.Context, look int) tea.Cmd {
	return func() tea.Msg {
		select {
		case <-f.news:
			return f.take(look)
		case <-ctx.Done():
			return nil
		}
	}
}

func (f *feed) take(look int) Read {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := Read{Look: look, Workloads: f.waiting, Count: f.count}
	f.waiting = nil
	return r
}
