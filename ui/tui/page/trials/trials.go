// Package trials runs the trials of one workload and shows each as it happens:
// the steps with their verdicts, what is known of each capability, the log of
// the copy that runs, and at the end the proved plan with its evidence.
package trials

import (
	"context"
	"errors"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/part/memo"
	"bulkhead/ui/tui/part/scroll"
	"bulkhead/ui/tui/theme"
	"bulkhead/ui/tui/work"
	"bulkhead/ui/workbench"
)

// Trier finds out on copies how far a workload's dials can be closed.
type Trier interface {
	// Interrupted is a search that can be carried on, nil for none.
	Interrupted(ctx context.Context, w inspect.Workload) (*trial.Result, error)
	// Lead prepares a search and hands it to lead. It returns only after
	// everything it created is removed, also when ctx ends, and may call emit
	// from several goroutines.
	Lead(ctx context.Context, w inspect.Workload, o workbench.TrialOptions, emit func(trial.Event),
		lead func(context.Context, *trial.Search) (trial.Result, error)) (trial.Result, error)
}

// Write asks for the diff of a proved plan.
type Write struct {
	Workload inspect.Workload
	Result   trial.Result
}

// phase is where the page stands.
type phase int

const (
	asking phase = iota
	running
	turn
	stopping
	proved
	unproved
	failed
	stopped
)

// stopID names the question whether to stop.
const stopID = "stop trial"

// stop is the answer that it is to be stopped.
type stop struct{ run int }

// Page is the trials of one workload. Use New.
type Page struct {
	workload inspect.Workload
	trier    Trier
	work     *work.Group
	now      func() time.Time
	theme    *theme.Theme
	size     page.Size
	keys     keyMap

	phase  phase
	run    int
	cancel context.CancelFunc
	feed   *feed
	leader *leader
	// options are what the person last chose; turn is what the search waits for.
	options options
	turn    Turn
	// earlier are the trials that can be carried on.
	earlier []trial.Trial

	began   time.Time
	elapsed time.Duration
	frame   int

	record record
	end    End
	// cursor is a place in record.steps; following keeps it on the newest.
	cursor    int
	following bool
	// pane is the shown one of panes().
	pane pane
	// window is the lower pane's; tailing keeps a log at its end.
	window  scroll.Window
	tailing bool

	version int
	left    memo.Pane[paneKey, block.Block]
	right   memo.Pane[paneKey, block.Block]
}

type paneKey struct {
	version, frame, offset int
	size                   page.Size
	theme                  *theme.Theme
}

// New returns a page that has not started; Start asks how the trials are to be.
func New(w inspect.Workload, trier Trier, group *work.Group, now func() time.Time, t *theme.Theme) *Page {
	return &Page{workload: w, trier: trier, work: group, now: now, theme: t, keys: newKeys()}
}

// begin runs the trials from the beginning.
func (p *Page) begin() tea.Cmd {
	p.run++
	p.phase, p.record, p.end = running, record{granted: p.workload.Settings.Capabilities()}, End{}
	if p.options.trials.Resume {
		p.record.remember(p.earlier)
	}
	p.cursor, p.following = max(0, len(p.record.steps)-1), true
	p.show(logPane)
	p.began, p.elapsed = p.now(), 0
	p.version++
	p.feed = newFeed()
	p.leader = newLeader(p.feed, p.options.byHand)
	feed, leader, trier, workload, trials := p.feed, p.leader, p.trier, p.workload, p.options.trials
	var run tea.Cmd
	run, p.cancel = p.work.Start(func(ctx context.Context) {
		feed.finish(trier.Lead(ctx, workload, trials, leader.emit, leader.lead))
	})
	return tea.Batch(run, feed.next(p.work.Context(), p.run))
}

// Run is the number of the run under way; a Progress of another is ignored.
func (p *Page) Run() int { return p.run }

// Update handles a message.
func (p *Page) Update(msg tea.Msg) (page.Request, tea.Cmd) {
	switch msg := msg.(type) {
	case Progress:
		if msg.Run == p.run && p.running() {
			return p.progress(msg)
		}
	case Offered:
		if msg.Page == p {
			return p.offered(msg), nil
		}
	case chosen:
		if msg.page == p && !p.running() {
			p.options = msg.options
			return nil, p.begin()
		}
	case left:
		if msg.page == p && p.phase == asking {
			return page.Back{}, nil
		}
	case picked, judged:
		return nil, p.answered(msg)
	case page.Tick:
		p.frame = msg.Frame
		if p.running() {
			p.elapsed = msg.Now.Sub(p.began)
		}
	case stop:
		return nil, p.stop(msg)
	case tea.KeyPressMsg:
		return p.press(msg)
	}
	return nil, nil
}

func (p *Page) progress(msg Progress) (page.Request, tea.Cmd) {
	p.version++
	at, chosen := p.selected()
	for _, e := range msg.Events {
		p.record.add(e)
	}
	if chosen {
		p.cursor = p.record.place(at.n)
	}
	if p.following {
		p.cursor = max(0, len(p.record.steps)-1)
	}
	switch {
	case msg.End != nil:
		p.finish(*msg.End)
		return page.Drop{ID: stopID}, nil
	case msg.Turn != nil && p.phase == running:
		p.take(*msg.Turn)
		return nil, nil
	}
	return nil, p.feed.next(p.work.Context(), p.run)
}

// stop calls the search back. While it waits for the person nobody listens to
// it, so that has to begin again.
func (p *Page) stop(msg stop) tea.Cmd {
	if msg.run != p.run || p.phase != running && p.phase != turn {
		return nil
	}
	waiting := p.phase == turn
	p.phase = stopping
	p.version++
	p.cancel()
	if waiting {
		return p.feed.next(p.work.Context(), p.run)
	}
	return nil
}

// finish settles how the run ended.
func (p *Page) finish(end End) {
	wasStopping := p.phase == stopping
	p.end, p.elapsed = end, p.now().Sub(p.began)
	p.show(resultPane)
	p.record.close()
	switch {
	case end.Err != nil && wasStopping && onlyCancelled(end.Err):
		p.phase = stopped
	case end.Err != nil:
		p.phase = failed
	case end.Result.Proved:
		p.phase = proved
	default:
		p.phase = unproved
	}
	if p.phase == failed {
		p.selectFailed()
	}
}

// onlyCancelled says that the error tells nothing but that the run was stopped.
// Another error beside it may say that something was not removed.
func onlyCancelled(err error) bool {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			if !onlyCancelled(one) {
				return false
			}
		}
		return true
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return onlyCancelled(inner)
		}
	}
	return errors.Is(err, context.Canceled)
}

// selectFailed moves the cursor to the last trial that failed.
func (p *Page) selectFailed() {
	for i, s := range p.record.steps {
		if s.verdict == trial.Failed {
			p.cursor = i
		}
	}
}

func (p *Page) press(msg tea.KeyPressMsg) (page.Request, tea.Cmd) {
	k := p.keys
	p.version++
	switch {
	case key.Matches(msg, k.stop) && (p.phase == running || p.phase == turn):
		return page.Ask{Dialog: p.askStop()}, nil
	case key.Matches(msg, k.back) && !p.running():
		return page.Back{}, nil
	case key.Matches(msg, k.again) && p.ended():
		return nil, p.Start()
	case key.Matches(msg, k.write) && p.writable():
		return Write{p.workload, p.end.Result}, nil
	case key.Matches(msg, k.pane):
		p.turnPane()
	case key.Matches(msg, k.pageUp):
		p.tailing = false
		p.window.Page(-1)
	case key.Matches(msg, k.pageDown):
		p.window.Page(1)
		p.tailing = p.window.AtEnd()
	case key.Matches(msg, k.up):
		p.choose(p.cursor - 1)
	case key.Matches(msg, k.down):
		p.choose(p.cursor + 1)
	case key.Matches(msg, k.top):
		p.choose(0)
	case key.Matches(msg, k.bottom):
		p.choose(len(p.record.steps) - 1)
	default:
		return p.pressByHand(msg)
	}
	return nil, nil
}

func (p *Page) askStop() dialog.Dialog {
	c := dialog.NewConfirm(stopID, "Stop the trials?",
		[]string{"The copy that runs now is removed. Your own container was not touched."}, "stop", "go on")
	c.Yes = stop{p.run}
	return c
}

// choose selects a trial. The newest is followed from then on.
func (p *Page) choose(i int) {
	p.cursor = max(0, min(len(p.record.steps)-1, i))
	p.following = p.cursor == len(p.record.steps)-1
	if p.pane == logPane && (p.following || p.size.Width == page.Wide) {
		p.show(logPane)
	} else {
		p.show(evidencePane)
	}
}

// running says that the search has not ended.
func (p *Page) running() bool {
	return p.phase == running || p.phase == stopping || p.phase == turn
}

func (p *Page) ended() bool { return !p.running() && p.phase != asking }

func (p *Page) writable() bool { return p.phase == proved && !p.end.Result.Plan.Empty() }

// SetSize gives the page its room.
func (p *Page) SetSize(s page.Size) { p.size = s }

// SetTheme changes the styles.
func (p *Page) SetTheme(t *theme.Theme) { p.theme = t }

// Crumb is the page's name in the path.
func (p *Page) Crumb() string { return "trial" }

// Busy says that something runs, and not only the person is waited for.
func (p *Page) Busy() bool { return p.phase == asking || p.phase == running || p.phase == stopping }

// Typing is never so.
func (p *Page) Typing() bool { return false }

var _ page.Page = (*Page)(nil)
