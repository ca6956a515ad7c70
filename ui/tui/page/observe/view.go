package observe

import (
	"fmt"
	"strings"

	"bulkhead/ui/seen"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/judgement"
	"bulkhead/ui/tui/part/reader"
	"bulkhead/ui/tui/part/section"
	"bulkhead/ui/tui/part/spark"
	"bulkhead/ui/tui/theme"
)

// View draws the page.
func (p *Page) View() block.Block {
	w, h := p.size.W, p.size.H
	out := p.status(w, h)
	rest := max(0, h-len(out))
	switch {
	case len(p.account.Sections) > 0 && p.size.Width == page.Wide:
		t := p.theme
		out = append(out, p.reader.Beside(t, p.document(), block.Block{t.Strong.Render(page.Name(p.workload)), t.Muted.Render(block.Clean(p.workload.Image)), ""}, w, rest)...)
	case len(p.account.Sections) > 0:
		out = append(out, p.reader.Draw(p.theme, p.document(), w, rest)...)
	case p.phase == failed:
		out = append(out, page.Explain(p.theme, p.err, w)...)
	case p.running():
		out = append(out, p.way(w)...)
	}
	return out.Fit(w, h)
}

// statusLines is the height of the status: a free line under it where there is
// room.
func statusLines(h int) int {
	if h >= 14 {
		return 2
	}
	return 1
}

func (p *Page) status(w, h int) block.Block {
	t := p.theme
	name := t.Strong.Render(page.Name(p.workload))
	what := "a copy of "
	switch p.options.what {
	case theContainer:
		what = ""
	case theCalls:
		what = "the calls of " + what
	}
	var left string
	switch p.phase {
	case asking:
		left = t.Muted.Render("What is to be watched?")
	case watching:
		left = t.Accent.Render(page.Spin(p.frame)+" Watching "+what) + name
	case stopping:
		left = t.Fair.Render(page.Spin(p.frame) + " Cleaning up: what was made for it is being removed")
	case done:
		left = t.Done.Render("• Observed: ") + t.Text.Render(what) + name
	case stopped:
		left = t.Muted.Render("■ Stopped, everything removed")
	case failed:
		left = t.Alarm.Render("✗ Could not be watched: ") + name
	}
	s := int(max(0, p.elapsed).Seconds())
	right := ""
	if p.phase != asking {
		right = t.Muted.Render(fmt.Sprintf("%02d:%02d", s/60, s%60))
	}
	return append(block.Block{block.Spread(left, right, w)}, make(block.Block, statusLines(h)-1)...)
}

// way is how far the watch has come.
func (p *Page) way(w int) block.Block {
	t := p.theme
	out := block.Block{section.Head(t, "So far", string(p.progress.Phase), w)}
	switch {
	case p.options.what == theCalls:
		out = append(out, p.recording(w)...)
	case p.progress.Seconds == 0:
		out = append(out, "  "+t.Muted.Render("Nothing has been seen yet: the copy is being made."))
	default:
		out = append(out, judgement.Fields(t, "  ", []judgement.Field{
			{Name: "system calls", Text: fmt.Sprint(p.progress.Syscalls)},
			{Name: "uses of capabilities", Text: fmt.Sprint(p.progress.Capabilities)},
			{Name: "paths", Text: fmt.Sprint(p.progress.Paths)},
			{Name: "new each second", Text: spark.Line(p.rises, max(1, w-28)), Style: &t.Accent},
		}, w)...)
	}
	for _, note := range p.notes {
		out = append(append(out, ""), judgement.Indent("  ", t.Muted, block.Clean(note), w)...)
	}
	return out
}

// write sets an account in w cells.
func write(t *theme.Theme, a seen.Account, w int) reader.Text {
	var x reader.Text
	for _, s := range a.Sections {
		m := theme.Mark{Glyph: "•", Word: s.Word, Style: t.Calm}
		switch {
		case s.Grave:
			m.Glyph, m.Style = "!", t.Fair
		case len(s.Lines) == 0:
			m.Glyph, m.Style = "○", t.Muted
		}
		body := block.Block{judgement.Heading(t, m, s.Title, w)}
		for _, line := range s.Lines {
			body = append(body, hanging(t, line, w)...)
		}
		if len(s.Lines) == 0 {
			m.Word = "none" // the index has room for no more
		}
		x.Add(s.Title, m, body)
	}
	if len(a.Sections) > 0 {
		x.Add("long enough?", theme.Mark{Glyph: "•", Word: a.Word, Style: t.Calm}, enough(t, a, w))
	}
	return x
}

// hanging is a line whose further lines stand further in.
func hanging(t *theme.Theme, text string, w int) block.Block {
	var out block.Block
	lead := "  "
	for _, line := range block.Wrap(text, max(1, w-4)) {
		out = append(out, lead+t.Text.Render(line))
		lead = "    "
	}
	return out
}

// enough is the curves and what they say.
func enough(t *theme.Theme, a seen.Account, w int) block.Block {
	out := block.Block{judgement.Heading(t, theme.Mark{Glyph: "•", Word: a.Word, Style: t.Calm}, "long enough?", w)}
	var fields []judgement.Field
	if len(a.Curve) > 0 {
		fields = append(fields, judgement.Field{Name: "new in its course", Text: spark.Line(a.Curve, max(1, w-24)), Style: &t.Accent})
	}
	if len(a.Runs) > 1 {
		var numbers []string
		for _, n := range a.Runs {
			numbers = append(numbers, fmt.Sprint(n))
		}
		fields = append(fields, judgement.Field{Name: "new in each run", Text: spark.Line(a.Runs, 20) + "  " + strings.Join(numbers, " "), Style: &t.Accent})
	}
	out = append(out, judgement.Fields(t, "  ", fields, w)...)
	for _, text := range append(append([]string{}, a.Enough...), a.Source) {
		out = append(out, hanging(t, text, w)...)
	}
	return out
}
