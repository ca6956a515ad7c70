package list

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/scroll"
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
		if c.name < 10 {
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
	if c.name < 14 {
		c.worst, c.name = 4, c.name+4
	}
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
	filter := p.filterLines(w, min(3, h-2))
	header := p.headerLines(h - len(filter))
	banner := p.banner(w, h/4)
	room := max(0, h-len(filter)-header-len(banner))
	p.follow(room)
	inner := w
	if len(p.rows) > room && w > 20 {
		inner = w - 2
	}
	cols := layout(inner, p.size.Width)
	out := filter
	if header > 0 {
		out = append(out, p.header(cols, w, header)...)
	}
	return append(append(out, p.body(cols, inner, w, room)...), banner...).Fit(w, h)
}

// headerLines is how many lines the columns' names get of h.
func (p *Page) headerLines(h int) int {
	pitch := layout(p.size.W, p.size.Width).pitch
	if p.size.Width == page.Wide {
		pitch = strip.Spaced
	}
	switch {
	case h < 2:
		return 0
	case h < 4+pitch.HeaderLines():
		return 1
	}
	return pitch.HeaderLines()
}

// body is the visible rows, with a scroll bar where there are more.
func (p *Page) body(c columns, inner, w, h int) block.Block {
	if len(p.rows) == 0 {
		return block.Block{"", p.theme.Muted.Render("  Nothing matches the filter. esc shows all.")}.Fit(w, h)
	}
	var out block.Block
	for i := p.offset; i < len(p.rows) && i < p.offset+h; i++ {
		out = append(out, p.line(i, c, inner))
	}
	out = out.Fit(inner, h)
	if inner == w {
		return out
	}
	return block.Beside(" ", out, scroll.Bar(p.theme, p.offset, len(p.rows), h))
}

// header names the columns in n lines, of which the strip may need several.
func (p *Page) header(c columns, w, n int) block.Block {
	names := strip.Header(p.theme, c.pitch, n)
	left := p.titles(c)
	out := make(block.Block, 0, len(names))
	for i, line := range names {
		before := strings.Repeat(" ", block.Width(left))
		if i == len(names)-1 {
			before = left
		}
		out = append(out, block.Fit(before+gap(c)+line, w))
	}
	return append(make(block.Block, n-len(out)), out...)
}

// titles name the columns left of the strip.
func (p *Page) titles(c columns) string {
	t := p.theme
	title := t.Muted.Render(fmt.Sprintf("%d workloads", len(p.entries)))
	if p.reading() {
		// It says more than the name of the next column, whose room it takes.
		if c.image > 0 {
			c.name, c.image = c.name+len(gap(c))+c.image, 0
		}
		title = p.soFar(c.name + 2)
	} else if p.loading {
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
	return strings.Join(cells, gap(c))
}

// soFar says in w cells that the list is not whole yet.
func (p *Page) soFar(w int) string {
	text := fmt.Sprintf(" reading… %d so far", p.partial.count)
	spin := page.Spin(p.frame)
	if block.Width(spin+text) > w {
		text = fmt.Sprintf(" %d so far", p.partial.count)
	}
	return p.theme.Accent.Render(spin) + p.theme.Muted.Render(text)
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

// selectedWords says the selected workload's states in words, in at most two
// fifths of the height.
func (p *Page) selectedWords(w, h int) block.Block {
	e := p.current()
	if e == nil || h < 8 {
		return nil
	}
	t := p.theme
	most := h * 2 / 5
	lines := strip.Words(t, e.audited.Layers, w-2)
	if h < 14 {
		most = min(2, most)
	} else {
		most--
	}
	if len(lines) > most {
		lines = append(lines[:most-1:most-1], block.Cut(lines[most-1], w-4)+t.Muted.Render(" …"))
	}
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	if h < 14 {
		return lines
	}
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
