package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/page/list"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/theme"
	"bulkhead/ui/tui/work"
)

// tickEvery is the pace of the spinner and of the elapsed time.
const tickEvery = 100 * time.Millisecond

// model is the one Bubble Tea model.
type model struct {
	options Options
	work    *work.Group
	timer   timer
	theme   *theme.Theme

	width, height int
	pages         []page.Page
	dialogs       dialog.Stack
	host          inspect.Host

	frame   int
	ticking bool
	// quitting says that everything was cancelled and is waited for.
	quitting bool
}

// ticked is the next beat, settled that all work has ended or took too long.
type (
	ticked  time.Time
	settled struct{}
)

func newModel(o Options, group *work.Group, t timer) *model {
	m := &model{options: o, work: group, timer: t, theme: theme.New(o.Theme != ThemeLight, !o.NoColor)}
	m.pages = []page.Page{list.New(o.Auditor, group, m.theme, o.Target)}
	return m
}

// Init starts the first audit and asks the terminal for its background.
func (m *model) Init() tea.Cmd {
	first := m.pages[0].(*list.Page)
	cmds := []tea.Cmd{first.Start(), m.tick()}
	if m.options.Theme == "" || m.options.Theme == ThemeAuto {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

func (m *model) top() page.Page { return m.pages[len(m.pages)-1] }

// push opens a page over the others.
func (m *model) push(p page.Page) {
	p.SetSize(m.frameSize().page)
	m.pages = append(m.pages, p)
}

// pop goes back, never from the first page.
func (m *model) pop() {
	if len(m.pages) > 1 {
		m.pages = m.pages[:len(m.pages)-1]
	}
}

// tick asks for the next beat while something is busy.
func (m *model) tick() tea.Cmd {
	if m.ticking || !m.busy() {
		return nil
	}
	m.ticking = true
	return m.timer.After(tickEvery, func(t time.Time) tea.Msg { return ticked(t) })
}

func (m *model) busy() bool {
	if m.quitting {
		return true
	}
	for _, p := range m.pages {
		if p.Busy() {
			return true
		}
	}
	return false
}

// quit cancels everything and waits for it before the program ends. A second
// time it does not wait any longer; Run still does.
func (m *model) quit() tea.Cmd {
	if m.quitting {
		return tea.Quit
	}
	busy := m.work.Busy()
	m.work.Close()
	if !busy {
		return tea.Quit
	}
	m.quitting = true
	group := m.work
	return func() tea.Msg {
		group.Wait(patience)
		return settled{}
	}
}
