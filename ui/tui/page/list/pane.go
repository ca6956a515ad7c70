package list

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/section"
	"bulkhead/ui/tui/part/strip"
	"bulkhead/ui/tui/theme"
)

// columns are the widths of a list line; 0 leaves a column out.
type columns struct {
	name, image, worst int
	pitch              strip.Pitch
}

// lead is the cursor's bar and the run state, with a space after each.
const lead = 4

func layout(w int, width page.Width) columns {
	if width == page.Narrow {
		c := columns{worst: 4, pitch: strip.Tight}
		c.name = w - lead - c.worst - 2 - c.pitch.Width()
		if c.name < 8 {
			c.worst = 0
			c.name = w - lead - 1 - c.pitch.Width()
		}
		return c
	}
	c := columns{worst: 8, pitch: strip.Named}
	if w-lead-c.worst-4-c.pitch.Width() < 16 {
		c.pitch = strip.Spaced
	}
	c.name = w - lead - c.worst - 4 - c.pitch.Width()
	if c.name >= 28 {
		c.image = c.name/2 - 1
		c.name -= c.image + 2
	}
	return c
}

// drawSingle is the page as one pane: the list over the selected one's words.
func (p *Page) drawSingle(w, h int) block.Block {
	words := p.selectedWords(w, h)
	if len(words) == 0 {
		return p.drawList(w, h)
	}
	return append(p.drawList(w, h-len(words)), words.Fit(w, len(words))...)
}

// drawList is the list pane: filter or title, column header, rows, warnings.
func (p *Page) drawList(w, h int) block.Block {
	cols := layout(w, p.size.Width)
	head := block.Block{p.listHeader(cols, w)}
	if p.typing || p.query() != "" {
		head = append(block.Block{p.filterLine(w)}, head...)
	}
	if h <= len(head) {
		head = head[:max(0, min(1, h-1))]
	}
	banner := p.banner(w, h/4)
	room := h - len(head) - len(banner)
	out := head
	if len(p.rows) == 0 && room > 0 {
		none := block.Block{"", p.theme.Muted.Render("  Nothing matches the filter. esc shows all.")}
		return append(append(out, none.Fit(w, room)...), banner...).Fit(w, h)
	}
	p.follow(room)
	for i := p.offset; i < len(p.rows) && i < p.offset+room; i++ {
		out = append(out, p.line(i, cols, w))
	}
	for len(out) < h-len(banner) {
		out = append(out, "")
	}
	return append(out, banner...).Fit(w, h)
}

func (p *Page) listHeader(c columns, w int) string {
	t := p.theme
	title := t.Muted.Render(fmt.Sprintf("%d workloads", len(p.entries)))
	if p.loading {
		title = t.Accent.Render(page.Spin(p.frame)) + t.Muted.Render(" looking again")
	}
	cells := []string{"  " + block.Fit(title, c.name+2)}
	if c.image > 0 {
		cells = append(cells, block.Fit(t.Muted.Render("image"), c.image))
	}
	if c.worst > 0 {
		word := "worst"
		if c.worst < len(word) {
			word = ""
		}
		cells = append(cells, block.Fit(t.Muted.Render(word), c.worst))
	}
	cells = append(cells, strip.Header(t, c.pitch))
	return block.Fit(strings.Join(cells, gap(c)), w)
}

// gap stands between the columns.
func gap(c columns) string {
	if c.pitch == strip.Tight {
		return " "
	}
	return "  "
}

func (p *Page) line(i int, c columns, w int) string {
	r := p.rows[i]
	switch {
	case r.blank:
		return ""
	case r.header:
		return p.groupLine(r, w)
	}
	t, selected := p.theme, i == p.cursor
	e := p.entries[r.item]
	on := func(s theme.Style, text string) string { return t.On(s, selected).Render(text) }
	bar, name := "  ", t.Text
	if selected {
		bar, name = "▌ ", t.Strong
	}
	run := t.Run(e.audited.Workload.State)
	cells := []string{on(t.Accent, bar) + on(run.Style, run.Glyph+" ") + on(name, block.Fit(e.name, c.name))}
	if c.image > 0 {
		cells = append(cells, on(t.Muted, block.Fit(e.image, c.image)))
	}
	if c.worst > 0 {
		worst := worst(t, e)
		cells = append(cells, on(worst.Style, block.Fit(fourLetters(worst.Word, c.worst), c.worst)))
	}
	cells = append(cells, strip.Row(t, e.audited.Layers, c.pitch, selected))
	line := strings.Join(cells, on(t.Text, gap(c)))
	return line + on(t.Text, strings.Repeat(" ", max(0, w-block.Width(line))))
}

// fourLetters shortens a severity where there is no room for its word.
func fourLetters(word string, w int) string {
	if len(word) <= w {
		return word
	}
	switch word {
	case inspect.Medium.String():
		return "med"
	case string(inspect.Unknown):
		return "?"
	}
	return word[:w]
}

func (p *Page) groupLine(r row, w int) string {
	t := p.theme
	return block.Fit("  "+t.Title.Render(block.Cut(r.group, max(1, w-8)))+t.Faint.Render(fmt.Sprintf("  %d", r.count)), w)
}

func (p *Page) filterLine(w int) string {
	t := p.theme
	shown := 0
	for _, r := range p.rows {
		if r.selectable() {
			shown++
		}
	}
	text := block.Clean(p.query())
	if p.typing {
		text = p.input.View()
	}
	left := "  " + t.Accent.Render("/ ") + text
	return block.Fit(block.Spread(left, t.Muted.Render(fmt.Sprintf("%d of %d", shown, len(p.entries))), w), w)
}

// selectedWords says the selected workload's states in words, as many lines as
// the height has room for.
func (p *Page) selectedWords(w, h int) block.Block {
	e := p.current()
	if e == nil || h < 8 {
		return nil
	}
	t := p.theme
	var lines block.Block
	for _, s := range []inspect.State{inspect.Open, inspect.Partly, inspect.Unknown, inspect.Closed, inspect.NotApplicable} {
		var names []string
		for _, l := range inspect.Layers() {
			if strip.StateOf(e.audited.Layers, l) == s {
				names = append(names, string(l))
			}
		}
		if len(names) > 0 {
			m := t.State(s)
			lines = append(lines, "  "+m.Style.Render(block.Fit(m.Glyph+" "+m.Word, 10))+t.Muted.Render(strings.Join(names, ", ")))
		}
	}
	if h < 14 {
		return lines[:1]
	}
	lines = lines[:min(len(lines), 4)]
	note := t.Run(e.audited.Workload.State).Word + ", " + block.Clean(e.audited.Workload.Image)
	return append(block.Block{section.Head(t, e.name, note, w)}, lines...)
}

// worst is the mark of the gravest finding. Without findings it is clean only
// where every layer could be judged.
func worst(t *theme.Theme, e entry) theme.Mark {
	switch {
	case !e.clean:
		return t.Severity(e.worst)
	case e.unknown:
		return t.State(inspect.Unknown)
	}
	return t.Clean()
}
