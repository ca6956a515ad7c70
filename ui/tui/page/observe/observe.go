// Package observe watches one workload, a copy of it or its running container,
// and shows what it does: how far the watch has come while it goes on, then what
// was used, written, executed and refused, and whether that was long enough.
package observe

import (
	"context"
	"errors"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"bulkhead/fix/socketproxy"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/seen"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/part/memo"
	"bulkhead/ui/tui/part/reader"
	"bulkhead/ui/tui/theme"
	"bulkhead/ui/tui/work"
	"bulkhead/ui/workbench"
)

// Observer watches copies and running containers. Both return only after
// everything they created is removed, also when ctx ends, and may call the
// functions from several goroutines.
type Observer interface {
	Observe(ctx context.Context, w inspect.Workload, o workbench.ObserveOptions, emit func(trial.Event), progress func(workbench.Progress)) (workbench.Observed, error)
	// ObserveSocket records which calls of the engine's API a copy makes.
	ObserveSocket(ctx context.Context, w inspect.Workload, o workbench.ObserveOptions, policy socketproxy.Policy, emit func(trial.Event)) (workbench.Learned, error)
}

// Write asks for the draft of a proxy that lets only these calls through.
type Write struct {
	Workload inspect.Workload
	Calls    []socketproxy.Call
}

// phase is where the page stands.
type phase int

const (
	asking phase = iota
	watching
	stopping
	done
	stopped
	failed
)

// Page is the watch of one workload. Use New.
type Page struct {
	workload inspect.Workload
	observer Observer
	work     *work.Group
	now      func() time.Time
	theme    *theme.Theme
	size     page.Size
	keys     keyMap

	phase   phase
	run     int
	options options
	cancel  context.CancelFunc
	told    chan message
	began   time.Time
	elapsed time.Duration
	frame   int

	progress workbench.Progress
	// rises are how many new things each look showed; total is the last sum.
	rises []int
	total int
	notes []string

	account seen.Account
	// learned are the calls, where they were recorded.
	learned workbench.Learned
	err     error
	reader  reader.Reader
	text    memo.Pane[textKey, reader.Text]
	version int
}

type textKey struct {
	w, version int
	theme      *theme.Theme
}

// New returns a page that has not started; Start asks what is to be watched.
func New(w inspect.Workload, o Observer, group *work.Group, now func() time.Time, t *theme.Theme) *Page {
	return &Page{workload: w, observer: o, work: group, now: now, theme: t, keys: newKeys(), options: options{ObserveOptions: workbench.ObserveOptions{Length: workbench.DefaultObserveLength}}}
}

// Told is the message that the watch under way has come so far.
func (p *Page) Told(at workbench.Progress) tea.Msg { return message{run: p.run, progress: &at} }

// message is what comes back from a watch: a step of it, or its end.
type message struct {
	run      int
	progress *workbench.Progress
	note     string
	end      *end
}

// end is how a watch ended: with what was observed, or with the calls that were
// recorded.
type end struct {
	observed workbench.Observed
	learned  workbench.Learned
	err      error
}

// begin starts the watch with the options that were chosen.
func (p *Page) begin() tea.Cmd {
	p.run++
	p.phase, p.progress, p.rises, p.total, p.notes, p.err, p.account = watching, workbench.Progress{}, nil, 0, nil, nil, seen.Account{}
	p.learned = workbench.Learned{}
	p.began, p.elapsed = p.now(), 0
	p.version++
	p.told = make(chan message, 64)
	told, run, observer, workload, options := p.told, p.run, p.observer, p.workload, p.options
	over := p.work.Context().Done()
	tell := func(m message) {
		m.run = run
		select {
		case told <- m:
		default: // the page reads slower than the watch tells; the next tells more
		}
	}
	var watch tea.Cmd
	watch, p.cancel = p.work.Start(func(ctx context.Context) {
		emit := func(e trial.Event) {
			if e.Kind == trial.Note {
				tell(message{note: e.Line})
			}
		}
		var e end
		if options.what == theCalls {
			e.learned, e.err = observer.ObserveSocket(ctx, workload, options.ObserveOptions, options.policy, emit)
		} else {
			e.observed, e.err = observer.Observe(ctx, workload, options.ObserveOptions, emit, func(at workbench.Progress) { tell(message{progress: &at}) })
		}
		select {
		case told <- message{run: run, end: &e}:
		case <-over:
		}
	})
	return tea.Batch(watch, p.listen())
}

// listen waits for the next message of the watch.
func (p *Page) listen() tea.Cmd {
	told, over := p.told, p.work.Context().Done()
	return func() tea.Msg {
		select {
		case m := <-told:
			return m
		case <-over:
			return nil
		}
	}
}

// Update handles a message.
func (p *Page) Update(msg tea.Msg) (page.Request, tea.Cmd) {
	switch msg := msg.(type) {
	case message:
		if msg.run == p.run && p.running() {
			return p.heard(msg)
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
	case stop:
		if msg.run == p.run && p.phase == watching {
			p.phase = stopping
			p.cancel()
		}
	case page.Tick:
		p.frame = msg.Frame
		if p.running() {
			p.elapsed = msg.Now.Sub(p.began)
		}
	case tea.KeyPressMsg:
		return p.press(msg)
	}
	return nil, nil
}

func (p *Page) heard(m message) (page.Request, tea.Cmd) {
	p.version++
	switch {
	case m.end != nil:
		p.finish(*m.end)
		return page.Drop{ID: stopID}, nil
	case m.progress != nil:
		p.progress = *m.progress
		now := m.progress.Syscalls + m.progress.Capabilities + m.progress.Paths
		p.rises, p.total = append(p.rises, max(0, now-p.total)), max(now, p.total)
	case m.note != "":
		p.notes = append(p.notes, m.note)
	}
	return nil, p.listen()
}

// finish settles how the watch ended. What was seen before it was stopped is
// shown.
func (p *Page) finish(e end) {
	p.elapsed, p.err = p.now().Sub(p.began), e.err
	switch {
	case e.observed.Observation.Runs > 0:
		p.account = seen.Of(e.observed)
	case e.learned.Runs > 0:
		p.learned, p.account = e.learned, seen.OfCalls(e.learned)
	}
	switch {
	case e.err == nil:
		p.phase = done
	case p.phase == stopping && errors.Is(e.err, context.Canceled):
		p.phase = stopped
	default:
		p.phase = failed
	}
	p.version++
	p.reader = reader.Reader{}
	p.reader.Measure(p.document(), p.room())
}

func (p *Page) press(msg tea.KeyPressMsg) (page.Request, tea.Cmd) {
	k := p.keys
	switch {
	case key.Matches(msg, k.stop) && p.phase == watching:
		return page.Ask{Dialog: p.askStop()}, nil
	case key.Matches(msg, k.back) && !p.running():
		return page.Back{}, nil
	case key.Matches(msg, k.again) && !p.running():
		return p.Start(), nil
	case key.Matches(msg, k.write) && p.writable():
		return Write{p.workload, p.learned.All.Calls}, nil
	case key.Matches(msg, k.pass) && p.passable():
		return page.Ask{Dialog: p.askPass()}, nil
	}
	p.reader.Press(msg, k.read, p.document())
	return nil, nil
}

func (p *Page) running() bool { return p.phase == watching || p.phase == stopping }

// SetSize gives the page its room.
func (p *Page) SetSize(s page.Size) {
	p.size = s
	p.reader.Measure(p.document(), p.room())
}

// SetTheme changes the styles.
func (p *Page) SetTheme(t *theme.Theme) { p.theme = t }

// Crumb is the page's name in the path.
func (p *Page) Crumb() string { return "observe" }

// Busy says that something is watched.
func (p *Page) Busy() bool { return p.running() }

// Typing is never so.
func (p *Page) Typing() bool { return false }

var _ page.Page = (*Page)(nil)

// document is what was seen, in chapters.
func (p *Page) document() reader.Text {
	w := p.size.W
	if p.size.Width == page.Wide {
		w = reader.BesideWidth(w)
	}
	return p.text.Get(textKey{w, p.version, p.theme}, func() reader.Text { return write(p.theme, p.account, max(1, w-2)) })
}

// room is what the status leaves to the document.
func (p *Page) room() int { return max(0, p.size.H-statusLines(p.size.H)) }

const stopID = "stop watching"

// stop is the answer that it is to be stopped.
type stop struct{ run int }

func (p *Page) askStop() dialog.Dialog {
	text := "The copy that runs now is removed, and nothing of this run is kept. Your own container was not touched."
	if p.options.Live {
		text = "What was seen so far is shown and kept. Your container was not touched."
	}
	c := dialog.NewConfirm(stopID, "Stop watching?", []string{text}, "stop", "go on")
	c.Yes = stop{p.run}
	return c
}
