package tui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/page/detail"
	"bulkhead/ui/tui/page/diff"
	"bulkhead/ui/tui/page/engine"
	"bulkhead/ui/tui/page/list"
	"bulkhead/ui/tui/page/observe"
	"bulkhead/ui/tui/page/trials"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/theme"
)

var (
	helpKey      = keymap.HelpKey()
	interruptKey = keymap.Interrupt()
	// leaveKey is what interruptKey does the second time.
	leaveKey = keymap.Bind("ctrl+c", "leave this screen", "ctrl+c")
)

// Update handles a message: keys go to the dialog on top, else to the page on
// top; everything else goes to all pages, each of which knows its own.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.handle(msg)
	return m, tea.Batch(cmd, m.tick())
}

func (m *model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.resize(msg.Width, msg.Height)
		return nil
	case tea.BackgroundColorMsg:
		if m.options.Theme == "" || m.options.Theme == ThemeAuto {
			m.setTheme(msg.IsDark())
		}
		return nil
	case tea.KeyPressMsg:
		if msg.Code == tea.KeyEscape && msg.Mod == tea.ModAlt {
			// Two escapes that came at once are read as one with alt.
			esc := tea.KeyPressMsg{Code: tea.KeyEscape}
			return tea.Batch(m.press(esc), m.press(esc))
		}
		return m.press(msg)
	case tea.PasteMsg:
		if m.quitting {
			return nil
		}
		if m.dialogs.Top() != nil {
			m.dialogs.Paste(msg)
			return nil
		}
		return m.give(m.top(), msg)
	case ticked:
		m.ticking = false
		m.frame++
		return m.broadcast(page.Tick{Now: time.Time(msg), Frame: m.frame})
	case settled:
		return tea.Quit
	case list.Loaded:
		return m.looked(msg)
	}
	return m.broadcast(msg)
}

// looked shows an audit wherever it is shown.
func (m *model) looked(msg list.Loaded) tea.Cmd {
	cmd := m.broadcast(msg)
	if msg.Err != nil {
		return cmd
	}
	m.host = msg.Audit.Host
	return tea.Batch(cmd, m.broadcast(detail.Show{Workloads: msg.Audit.Workloads}), m.broadcast(engine.Show{Audit: msg.Audit}))
}

func (m *model) press(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(msg, interruptKey):
		return m.quit()
	case m.quitting:
		return nil
	case m.dialogs.Top() != nil:
		if answer := m.dialogs.Press(msg, m.timer.Now()); answer != nil {
			return m.broadcast(answer)
		}
		return nil
	case key.Matches(msg, helpKey) && !m.top().Typing():
		m.dialogs.Open(dialog.NewHelp(m.top().Keys()))
		return nil
	}
	return m.give(m.top(), msg)
}

func (m *model) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	// A request may change the stack, so a copy is walked.
	for _, p := range append([]page.Page{}, m.pages...) {
		cmds = append(cmds, m.give(p, msg))
	}
	return tea.Batch(cmds...)
}

func (m *model) give(p page.Page, msg tea.Msg) tea.Cmd {
	request, cmd := p.Update(msg)
	if request == nil {
		return cmd
	}
	return tea.Batch(cmd, m.carryOut(request))
}

// carryOut does what a page asks for.
func (m *model) carryOut(r page.Request) tea.Cmd {
	switch r := r.(type) {
	case page.Back:
		m.pop()
	case page.Home:
		m.pages = m.pages[:1]
	case page.Quit:
		return m.quit()
	case page.Ask:
		if r.ByItself {
			m.dialogs.OpenByItself(r.Dialog, m.timer.Now())
		} else {
			m.dialogs.Open(r.Dialog)
		}
	case page.Drop:
		m.dialogs.Drop(func(d dialog.Dialog) bool {
			c, ok := d.(*dialog.Confirm)
			return ok && c.ID == r.ID
		})
	case list.Open:
		m.push(detail.New(r.Audited, m.theme))
	case list.Engine:
		p := engine.New(r.Audit, m.options.Guide, m.work, m.theme)
		m.push(p)
		return p.Start()
	case engine.Reload:
		return m.broadcast(list.Reload{})
	case detail.Try:
		p := trials.New(r.Workload, m.options.Trier, m.work, m.timer.Now, m.theme)
		m.push(p)
		return p.Start()
	case detail.Watch:
		p := observe.New(r.Workload, m.options.Observer, m.work, m.timer.Now, m.theme)
		m.push(p)
		return m.carryOut(p.Start())
	case trials.Write:
		p := diff.New(r.Workload, r.Result, m.options.Writer, m.work, m.theme)
		m.push(p)
		return p.Start()
	case observe.Write:
		p := diff.NewProxy(r.Workload, r.Calls, m.options.Writer, m.work, m.theme)
		m.push(p)
		return p.Start()
	case diff.Changed:
		return m.broadcast(list.Reload{})
	}
	return nil
}

func (m *model) setTheme(dark bool) {
	if dark == m.theme.Dark {
		return
	}
	m.theme = theme.New(dark, !m.options.NoColor)
	for _, p := range m.pages {
		p.SetTheme(m.theme)
	}
}

func (m *model) resize(w, h int) {
	m.width, m.height = max(0, w), max(0, h)
	for _, p := range m.pages {
		p.SetSize(m.frameSize().page)
	}
}
