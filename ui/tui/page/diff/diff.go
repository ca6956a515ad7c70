// Package diff is the last page: what would be written, shown before anything
// is, and what to run afterwards. A Compose service gets the diff of its file, a
// plain container the hardened docker run command and the files that it names.
// What is written is a proved plan, or a filtering proxy for recorded calls.
package diff

import (
	"context"
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"bulkhead/fix/socketproxy"
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

// Writer drafts what a plan would change, and writes a draft once it was
// accepted. Write returns the name of the backup it made.
type Writer interface {
	Draft(ctx context.Context, w inspect.Workload, result trial.Result) (workbench.Draft, error)
	// DraftSocketProxy drafts a filtering proxy before the engine's socket.
	DraftSocketProxy(ctx context.Context, w inspect.Workload, o workbench.SocketOptions) (workbench.Draft, error)
	Write(ctx context.Context, d workbench.Draft) (backup string, err error)
}

// Drafted carries a draft to its page, Wrote the end of writing it.
type (
	Drafted struct {
		Page  *Page
		Draft workbench.Draft
		Err   error
	}
	Wrote struct {
		Page   *Page
		Backup string
		Err    error
	}
)

// Changed tells that a file was written, so that what was read is old.
type Changed struct{}

// phase is where the page stands.
type phase int

const (
	drafting phase = iota
	refused
	ready
	writing
	written
)

// accept is the answer that the draft is to be written, chosen what is to be in
// it.
type (
	accept struct{ page *Page }
	chosen struct {
		page    *Page
		subject subject
	}
)

// Page is the draft of one workload. Use New.
type Page struct {
	workload inspect.Workload
	subject  subject
	writer   Writer
	work     *work.Group
	theme    *theme.Theme
	size     page.Size
	keys     keyMap

	phase  phase
	draft  workbench.Draft
	err    error
	backup string
	copied bool
	frame  int

	window scroll.Window
	text   memo.Pane[textKey, block.Block]
}

type textKey struct {
	w, h  int
	theme *theme.Theme
	phase phase
}

// New returns a page without a draft; Start asks for it.
func New(w inspect.Workload, result trial.Result, writer Writer, group *work.Group, t *theme.Theme) *Page {
	return newPage(w, planned{result, result.Plan.Changes}, writer, group, t)
}

// NewProxy is New for a proxy that lets the calls through.
func NewProxy(w inspect.Workload, calls []socketproxy.Call, writer Writer, group *work.Group, t *theme.Theme) *Page {
	return newPage(w, newCalled(calls), writer, group, t)
}

func newPage(w inspect.Workload, s subject, writer Writer, group *work.Group, t *theme.Theme) *Page {
	return &Page{workload: w, subject: s, writer: writer, work: group, theme: t, keys: newKeys()}
}

// Start drafts.
func (p *Page) Start() tea.Cmd {
	p.phase, p.err, p.copied = drafting, nil, false
	writer, workload, subject := p.writer, p.workload, p.subject
	return p.work.Cmd(func(ctx context.Context) tea.Msg {
		d, err := subject.draft(ctx, writer, workload)
		return Drafted{p, d, err}
	})
}

// write writes the accepted draft.
func (p *Page) write() tea.Cmd {
	p.phase = writing
	writer, draft := p.writer, p.draft
	return p.work.Cmd(func(ctx context.Context) tea.Msg {
		backup, err := writer.Write(ctx, draft)
		return Wrote{p, backup, err}
	})
}

// Update handles a message.
func (p *Page) Update(msg tea.Msg) (page.Request, tea.Cmd) {
	switch msg := msg.(type) {
	case Drafted:
		if msg.Page == p && p.phase == drafting {
			p.drafted(msg)
		}
	case Wrote:
		if msg.Page == p && p.phase == writing {
			return p.wrote(msg), nil
		}
	case accept:
		if msg.page == p && p.phase == ready {
			return nil, p.write()
		}
	case chosen:
		if msg.page == p && p.choosable() {
			p.subject = msg.subject
			return nil, p.Start()
		}
	case page.Tick:
		p.frame = msg.Frame
	case tea.KeyPressMsg:
		return p.press(msg)
	}
	return nil, nil
}

func (p *Page) drafted(msg Drafted) {
	p.draft, p.err, p.phase = msg.Draft, msg.Err, ready
	if msg.Err != nil {
		p.phase = refused
	}
	p.window, p.text = scroll.Window{}, memo.Pane[textKey, block.Block]{}
}

func (p *Page) wrote(msg Wrote) page.Request {
	if msg.Err == nil {
		p.phase, p.backup = written, msg.Backup
		p.window = scroll.Window{}
		return Changed{}
	}
	p.phase = ready
	text := []string{msg.Err.Error()}
	if hint := page.Hint(msg.Err); hint != "" {
		text = append(text, hint)
	}
	return page.Ask{Dialog: dialog.NewNotice("The file was not written", text...), ByItself: true}
}

func (p *Page) press(msg tea.KeyPressMsg) (page.Request, tea.Cmd) {
	k := p.keys
	switch {
	case key.Matches(msg, k.back):
		switch p.phase {
		case writing:
			// What is being written must end before it can be left.
		case written:
			// The pages behind speak of the file as it was.
			return page.Home{}, nil
		default:
			return page.Back{}, nil
		}
	case key.Matches(msg, k.write) && p.writable():
		return page.Ask{Dialog: p.askWrite()}, nil
	case key.Matches(msg, k.choose) && p.choosable():
		return page.Ask{Dialog: p.askParts()}, nil
	case key.Matches(msg, k.copy):
		if text := p.copyable(); text != "" {
			p.copied = true
			return nil, tea.SetClipboard(text)
		}
	case key.Matches(msg, k.again) && p.phase == refused:
		return nil, p.Start()
	default:
		p.window.Press(msg, k.move)
	}
	return nil, nil
}

func (p *Page) askWrite() dialog.Dialog {
	files := p.draft.Files()
	question := "Write this file?"
	if len(files) > 1 {
		question = fmt.Sprintf("Write these %d files?", len(files))
	}
	text := append(files, "A backup is kept beside what is there. Running containers are not touched.")
	c := dialog.NewConfirm("write", question, text, "write", "leave it")
	c.Yes = accept{p}
	return c
}

// askParts lets a person accept and reject the parts one by one.
func (p *Page) askParts() dialog.Dialog {
	c := p.subject.ask(func(s subject) tea.Msg { return chosen{p, s} })
	c.Apply("draft these")
	return c
}

// choosable says that another draft can be made.
func (p *Page) choosable() bool {
	_, all, _ := p.subject.count()
	return (p.phase == ready || p.phase == refused) && all > 1
}

// file says that the draft is of a file, not of a command.
func (p *Page) file() bool { return p.draft.Command == "" }

func (p *Page) writable() bool { return p.phase == ready && len(p.draft.Files()) > 0 }

// copyable is the text that c copies now, "" for none.
func (p *Page) copyable() string {
	switch {
	case p.phase == written && p.file():
		return p.draft.Next
	case p.phase == written:
		return p.draft.Command
	case p.phase == ready && p.file():
		return p.draft.Diff
	case p.phase == ready:
		return p.draft.Command
	}
	return ""
}

func (p *Page) copyName() string {
	if p.phase == ready && p.file() {
		return "diff"
	}
	return "command"
}

// SetSize gives the page its room.
func (p *Page) SetSize(s page.Size) { p.size = s }

// SetTheme changes the styles.
func (p *Page) SetTheme(t *theme.Theme) { p.theme = t }

// Crumb is the page's name in the path.
func (p *Page) Crumb() string { return "diff" }

// Busy says that a draft is made or written.
func (p *Page) Busy() bool { return p.phase == drafting || p.phase == writing }

// Typing is never so.
func (p *Page) Typing() bool { return false }

var _ page.Page = (*Page)(nil)
