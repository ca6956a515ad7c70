package diff

import (
	"fmt"
	"path/filepath"
	"strings"

	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/section"
	"bulkhead/ui/workbench"
)

// View draws the page.
func (p *Page) View() block.Block {
	t, w, h := p.theme, p.size.W, p.size.H
	switch p.phase {
	case drafting:
		return block.Block{t.Accent.Render(page.Spin(p.frame)) + t.Text.Render(" Making the draft…")}.Center(w, h)
	case writing:
		return block.Block{t.Accent.Render(page.Spin(p.frame)) + t.Text.Render(" Writing, and reading it back…")}.Center(w, h)
	case refused:
		out := page.Failure(t, "This could not be drafted", p.err, min(72, w))
		return append(out, "", t.Key.Render("r")+t.Muted.Render(" drafts again, ")+t.Key.Render("esc")+t.Muted.Render(" goes back")).Center(w, h)
	}
	head := p.head(w, h)
	room := h - len(head)
	text := p.text.Get(textKey{w, room, t, p.phase}, func() block.Block {
		if all := p.body(w); len(all) <= room {
			return all
		}
		return p.body(w - 2)
	})
	return append(head, p.window.Draw(t, text, w, room)...).Fit(w, h)
}

// commandWords head what is printed and not written.
var commandWords = map[workbench.DraftKind]string{
	workbench.ToRun:         "docker run command of ",
	workbench.ToSocketProxy: "a proxy for ",
}

// head names the file or the command, and says that something was copied.
func (p *Page) head(w, h int) block.Block {
	t := p.theme
	name, note := block.Clean(p.draft.Path), ""
	switch {
	case p.phase == written:
		name = ""
	case !p.file():
		name = commandWords[p.draft.Kind] + block.Clean(p.workload.Name)
	default:
		plus, minus := tally(parse(p.draft.Diff))
		note = fmt.Sprintf("+%d −%d", plus, minus)
	}
	if chosen, all, parts := p.subject.count(); p.phase == ready && chosen < all {
		note = strings.TrimLeft(fmt.Sprintf("%s  %d of %d %s", note, chosen, all, parts), " ")
	}
	if p.copied {
		note = "sent to the clipboard"
	}
	if name == "" && note == "" {
		return nil
	}
	right := t.Muted.Render(note)
	left := t.Strong.Render(strings.TrimRight(block.FitLeft(name, max(1, min(block.Width(name), w-block.Width(note)-2))), " "))
	out := block.Block{block.Spread(left, right, w)}
	if h >= 12 {
		out = append(out, section.Rule(t, w))
	}
	return out
}

// body is everything under the head, as one text that scrolls.
func (p *Page) body(w int) block.Block {
	w = max(1, w)
	switch {
	case p.phase == written:
		return p.done(w)
	case p.draft.Unchanged():
		return append(block.Block{p.theme.Good.Render("✓ Nothing to write: the file says all of this already.")}, p.notes(w)...)
	case !p.file():
		return append(append(p.command(w), p.notes(w)...), p.beside(w)...)
	}
	notes := p.notes(w)
	if len(notes) > 0 {
		notes = append(notes[1:], "")
	}
	lines := parse(p.draft.Diff)
	if len(p.draft.Files()) == 1 {
		lines = unnamed(lines)
	}
	return append(notes, p.lines(lines, w)...)
}

func (p *Page) lines(lines []line, w int) block.Block {
	if w >= besideFrom {
		return drawBeside(p.theme, lines, w)
	}
	return draw(p.theme, lines, w)
}

// beside are the files that the command names, after an empty line.
func (p *Page) beside(w int) block.Block {
	if len(p.draft.Beside) == 0 {
		return nil
	}
	t := p.theme
	out := block.Block{"", t.Text.Render("It names files, which ") + t.Key.Render("w") + t.Text.Render(" writes beside it:")}
	return append(out, p.lines(parse(p.draft.Diff), w)...)
}

// notes start with an empty line.
func (p *Page) notes(w int) block.Block {
	var out block.Block
	for _, note := range p.draft.Notes {
		for i, line := range block.Wrap(block.Clean(note), max(1, w-2)) {
			lead := "  "
			if i == 0 {
				lead = "! "
			}
			out = append(out, p.theme.Fair.Render(lead)+p.theme.Text.Render(line))
		}
	}
	if len(out) > 0 {
		out = append(block.Block{""}, out...)
	}
	return out
}

// command is the docker run line, one option a line as it came.
func (p *Page) command(w int) block.Block {
	t := p.theme
	return append(p.typed(p.draft.Command, w), "", t.Muted.Render("Nothing is run for you: copy it with ")+t.Key.Render("c")+t.Muted.Render(", look at it, run it."))
}

// typed is what a person is to type, a line each.
func (p *Page) typed(text string, w int) block.Block {
	var out block.Block
	for _, raw := range strings.Split(text, "\n") {
		for _, line := range block.Hard(block.Clean(raw), max(1, w-2)) {
			out = append(out, "  "+p.theme.Accent.Render(line))
		}
	}
	return out
}

// done says what was written and what to run now.
func (p *Page) done(w int) block.Block {
	t := p.theme
	files := p.draft.Files()
	dir, next := filepath.Dir(files[0]), p.draft.Next
	if !p.file() {
		next = p.draft.Command
	}
	out := block.Block{t.Done.Render("✓ Written"), ""}
	type field struct{ name, text string }
	var fields []field
	for _, file := range files {
		fields = append(fields, field{"file", file})
	}
	if p.backup != "" {
		fields = append(fields, field{"backup", p.backup})
	}
	for _, f := range fields {
		for i, line := range block.Hard(block.Clean(f.text), max(1, w-10)) {
			label := ""
			if i == 0 {
				label = f.name
			}
			out = append(out, "  "+t.Muted.Render(block.Fit(label, 8))+t.Text.Render(line))
		}
	}
	out = append(out, "", t.Text.Render("The running container is as it was. To replace it, run in"))
	for _, line := range block.Hard(block.Clean(dir), max(1, w-2)) {
		out = append(out, "  "+t.Muted.Render(line))
	}
	out = append(out, "")
	return append(append(out, p.typed(next, w)...), p.notes(w)...)
}
