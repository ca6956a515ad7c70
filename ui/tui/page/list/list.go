// Package list is the first page: every workload with the state of its layers,
// grouped by Compose project, and a summary of the selected one.
package list

import (
	"context"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/part/memo"
	"bulkhead/ui/tui/theme"
	"bulkhead/ui/tui/work"
	"bulkhead/ui/workbench"
)

// Auditor looks at an engine and at Compose files. Where it has the method
// AuditEach of workbench.Bench too, the first look shows workloads as they come.
type Auditor interface {
	Audit(ctx context.Context) (workbench.Audit, error)
}

// Open asks for the workload's own page, Engine for the engine's.
type (
	Open   struct{ Audited inspect.Audited }
	Engine struct{ Audit workbench.Audit }
)

// Loaded carries an audit to the page and to whoever else shows the engine.
type Loaded struct {
	Audit workbench.Audit
	Err   error
}

// Reload makes the page look again.
type Reload struct{}

// Page is the list. Use New.
type Page struct {
	auditor Auditor
	work    *work.Group
	theme   *theme.Theme
	size    page.Size
	keys    keyMap

	audit   workbench.Audit
	entries []entry
	rows    []row
	// cursor is a place in rows, offset the first visible one.
	cursor, offset  int
	loading, loaded bool
	err             error
	// look counts the looks; partial is what the first has read so far.
	look    int
	partial partial
	// target is the workload to select when it first appears.
	target string
	// touched says that a key was pressed while a workload was selected.
	touched bool

	input  textinput.Model
	typing bool
	// asked is what is shown, but for the text, which the input holds.
	asked filter
	frame int
	// version counts what the panes depend on besides size and theme.
	version int
	panes   panes
}

type panes struct {
	list, summary memo.Pane[paneKey, block.Block]
}

type paneKey struct {
	version, w, h int
	theme         *theme.Theme
}

// New returns a list that has not looked yet; Start makes it look. target is
// the name of the workload to select, or "".
func New(auditor Auditor, group *work.Group, t *theme.Theme, target string) *Page {
	input := textinput.New()
	input.Prompt = ""
	input.CharLimit = 200
	p := &Page{auditor: auditor, work: group, keys: newKeys(), target: target, input: input}
	p.SetTheme(t)
	return p
}

// Start looks at the engine.
func (p *Page) Start() tea.Cmd {
	if p.loading {
		return nil
	}
	p.loading = true
	p.look++
	p.version++
	if auditor, ok := p.auditor.(each); ok && !p.loaded {
		return p.startReading(auditor)
	}
	auditor := p.auditor
	return p.work.Cmd(func(ctx context.Context) tea.Msg {
		audit, err := auditor.Audit(ctx)
		return Loaded{audit, err}
	})
}

// Update handles a message.
func (p *Page) Update(msg tea.Msg) (page.Request, tea.Cmd) {
	switch msg := msg.(type) {
	case Loaded:
		p.load(msg)
	case Read:
		return nil, p.read(msg)
	case Reload:
		return nil, p.Start()
	case chosen:
		p.choose(msg)
	case page.Tick:
		if p.loading {
			p.frame = msg.Frame
			p.version++
		}
	case tea.KeyPressMsg:
		p.version++
		p.touched = p.touched || p.current() != nil
		if p.typing {
			return p.enterText(msg)
		}
		return p.press(msg)
	case tea.PasteMsg:
		if p.typing {
			return p.enterText(msg)
		}
	}
	return nil, nil
}

func (p *Page) load(msg Loaded) {
	p.loading = false
	p.version++
	p.err = msg.Err
	p.partial = partial{}
	if msg.Err != nil {
		if !p.loaded {
			// A part of the workloads must not pass for all of them.
			p.blur()
			p.replace(nil)
		}
		return
	}
	p.audit = msg.Audit
	p.replace(msg.Audit.Workloads)
	p.loaded = true
}

func (p *Page) press(msg tea.KeyPressMsg) (page.Request, tea.Cmd) {
	k := p.keys
	switch {
	case key.Matches(msg, k.quit):
		return page.Quit{}, nil
	case key.Matches(msg, k.reload):
		return nil, p.Start()
	case key.Matches(msg, k.open):
		if e := p.current(); e != nil {
			return Open{e.audited}, nil
		}
	case key.Matches(msg, k.filter):
		if len(p.entries) > 0 {
			p.typing = true
			p.input.CursorEnd()
			return nil, p.input.Focus()
		}
	case key.Matches(msg, k.severity):
		if len(p.entries) > 0 {
			p.nextSeverity()
		}
	case key.Matches(msg, k.layers):
		if len(p.entries) > 0 {
			return page.Ask{Dialog: p.askLayers()}, nil
		}
	case key.Matches(msg, k.engine):
		if p.loaded {
			return Engine{p.audit}, nil
		}
	case key.Matches(msg, k.clear):
		p.clear()
	case key.Matches(msg, k.problems):
		if len(p.audit.Problems) > 0 {
			return page.Ask{Dialog: dialog.NewNotice("What could not be looked at", p.audit.Problems...)}, nil
		}
	default:
		p.move(msg, k.move)
	}
	return nil, nil
}

// enterText handles what is typed into the filter.
func (p *Page) enterText(msg tea.Msg) (page.Request, tea.Cmd) {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch {
		case key.Matches(k, p.keys.keep):
			p.blur()
			return nil, nil
		case key.Matches(k, p.keys.cancel):
			p.input.SetValue("")
			p.refilter(p.selected(), 0)
			p.blur()
			return nil, nil
		case key.Matches(k, p.keys.previous):
			p.step(-1)
			return nil, nil
		case key.Matches(k, p.keys.following):
			p.step(1)
			return nil, nil
		}
	}
	before := p.input.Value()
	input, cmd := p.input.Update(msg)
	p.input = input
	p.version++
	if p.input.Value() != before {
		p.refilter(p.selected(), 0)
	}
	return nil, cmd
}

func (p *Page) blur() {
	p.typing = false
	p.input.Blur()
}

func (p *Page) query() string { return p.input.Value() }

// SetSize gives the page its room.
func (p *Page) SetSize(s page.Size) {
	p.size = s
	p.input.SetWidth(max(1, s.W-16))
	p.version++
}

// SetTheme changes the styles.
func (p *Page) SetTheme(t *theme.Theme) {
	p.theme = t
	p.input.SetStyles(t.Input())
	p.version++
}

// Crumb is the page's name in the path; the first page needs none.
func (p *Page) Crumb() string { return "" }

// Busy says that the page is looking.
func (p *Page) Busy() bool { return p.loading }

// Typing says that keys go to the filter.
func (p *Page) Typing() bool { return p.typing }

var _ page.Page = (*Page)(nil)
