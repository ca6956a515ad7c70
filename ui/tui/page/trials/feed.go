package trials

import (
	"context"
	"sync"

	tea "charm.land/bubbletea/v2"

	"bulkhead/fix/trial"
)

// maxLines bounds the log lines that wait to be drawn. A clone may log faster
// than a terminal draws; the oldest waiting lines go first.
const maxLines = 400

// Progress carries what happened since the last Progress of the same run, and
// at the end how it ended.
type Progress struct {
	Run    int
	Events []trial.Event
	// Turn says that the search waits for the person.
	Turn *Turn
	End  *End
}

// End is how a run of trials ended.
type End struct {
	Result trial.Result
	Err    error
}

// feed carries events from the search's goroutines to the message loop. Emit
// never blocks, so drawing cannot slow the search down.
type feed struct {
	mu      sync.Mutex
	waiting []trial.Event
	lines   int
	turn    *Turn
	end     *End
	news    chan struct{}
}

func newFeed() *feed { return &feed{news: make(chan struct{}, 1)} }

// emit is handed to the search.
func (f *feed) emit(e trial.Event) {
	f.mu.Lock()
	if e.Kind == trial.LogLine {
		if f.lines == maxLines {
			f.dropLine()
		}
		f.lines++
	}
	f.waiting = append(f.waiting, e)
	f.mu.Unlock()
	f.wake()
}

// dropLine forgets the oldest log line; it is called with the lock held.
func (f *feed) dropLine() {
	for i, e := range f.waiting {
		if e.Kind == trial.LogLine {
			f.waiting = append(f.waiting[:i], f.waiting[i+1:]...)
			f.lines--
			return
		}
	}
}

// hand says that it is the person's turn.
func (f *feed) hand(t Turn) {
	f.mu.Lock()
	f.turn = &t
	f.mu.Unlock()
	f.wake()
}

func (f *feed) finish(result trial.Result, err error) {
	f.mu.Lock()
	f.end = &End{result, err}
	f.mu.Unlock()
	f.wake()
}

func (f *feed) wake() {
	select {
	case f.news <- struct{}{}:
	default:
	}
}

// next returns a command that waits for news of the run. It gives up when ctx
// ends, as nobody is left to read then.
func (f *feed) next(ctx context.Context, run int) tea.Cmd {
	return func() tea.Msg {
		select {
		case <-f.news:
			return f.take(run)
		case <-ctx.Done():
			return nil
		}
	}
}

func (f *feed) take(run int) Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := Progress{Run: run, Events: f.waiting, Turn: f.turn, End: f.end}
	f.waiting, f.lines, f.turn = nil, 0, nil
	return p
}
