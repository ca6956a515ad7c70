package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/part/section"
)

// frame says how the terminal is divided.
type frame struct {
	head, rule, space, foot int
	margin                  int
	page                    page.Size
}

// frameSize gives the page all that the small things around it leave; on a low
// terminal they go one by one.
func (m *model) frameSize() frame {
	w, h := m.width, m.height
	var f frame
	if h >= 3 {
		f.foot = 1
	}
	if h >= 5 {
		f.head = 1
	}
	if h >= 14 {
		f.rule = 1
	}
	if h >= 20 {
		f.space = 1
	}
	if w >= page.NormalColumns {
		f.margin = 1
	}
	f.page = page.Size{W: w - 2*f.margin, H: h - f.head - f.rule - f.space - f.foot, Width: page.WidthOf(w)}
	return f
}

// View composes the frame: the path at the top, the page, the keys at the
// bottom, and a dialog before them.
func (m *model) View() tea.View {
	v := tea.NewView(m.content())
	v.AltScreen = true
	v.WindowTitle = "bulkhead"
	return v
}

func (m *model) content() string {
	if m.width <= 0 || m.height <= 0 {
		return ""
	}
	f := m.frameSize()
	side := strings.Repeat(" ", f.margin)
	out := make(block.Block, 0, m.height)
	if f.head > 0 {
		out = append(out, side+block.Fit(m.header(f.page.W), f.page.W)+side)
	}
	if f.rule > 0 {
		out = append(out, section.Rule(m.theme, m.width))
	}
	for _, line := range m.top().View() {
		out = append(out, side+line+side)
	}
	if f.space > 0 {
		out = append(out, strings.Repeat(" ", m.width))
	}
	if top := m.shownDialog(); top != nil {
		out = dialog.Over(m.theme, top, out, m.width, len(out))
	}
	if f.foot > 0 {
		out = append(out, side+keymap.Footer(m.theme, m.keys(), f.page.W)+side)
	}
	return out.String()
}

// shownDialog is what stands before the page. Ending comes before everything.
func (m *model) shownDialog() dialog.Dialog {
	if m.quitting {
		return dialog.NewNotice("Ending",
			page.Spin(m.frame)+" What runs is being stopped, and what it made removed.",
			"ctrl+c leaves this screen; the cleaning up goes on.")
	}
	return m.dialogs.Top()
}

// keys are those of whatever gets them now.
func (m *model) keys() keymap.Map {
	switch top := m.dialogs.Top(); {
	case m.quitting:
		return keymap.Map{{Title: "Ending", Keys: []keymap.Key{keymap.Shown(leaveKey)}}}
	case top != nil:
		return top.Keys()
	}
	return m.top().Keys()
}

// header is the program's name, the path of pages, and the engine.
func (m *model) header(w int) string {
	left := m.theme.Brand.Render(" bulkhead ") + m.path(w-len(" bulkhead "))
	return block.Spread(left, m.theme.Muted.Render(m.engine()), w)
}

// path is the way to the top page; where it does not fit, its beginning goes.
func (m *model) path(w int) string {
	var crumbs []string
	used := 0
	for i := len(m.pages) - 1; i >= 0; i-- {
		c := m.pages[i].Crumb()
		used += block.Width(c) + len(" > ")
		if c == "" || used > w && len(crumbs) > 0 {
			break
		}
		crumbs = append([]string{c}, crumbs...)
	}
	t, path := m.theme, ""
	for i, c := range crumbs {
		lead, style := " › ", t.Muted
		if i == 0 {
			lead = "  "
		}
		if i == len(crumbs)-1 {
			style = t.Strong
		}
		path += t.Faint.Render(lead) + style.Render(c)
	}
	return path
}

// engine says which engine is looked at.
func (m *model) engine() string {
	if !m.host.Known() {
		return block.Clean(m.options.Engine)
	}
	return block.Clean(describe(m.host))
}

func describe(h inspect.Host) string {
	parts := []string{"engine " + h.Version}
	if h.Context != "" {
		parts = append(parts, h.Context)
	}
	if h.Rootless {
		parts = append(parts, "rootless")
	}
	return strings.Join(parts, " · ")
}
