package trials

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/scroll"
	"bulkhead/ui/tui/theme"
)

// pane is what the lower pane shows.
type pane int

const (
	resultPane pane = iota
	evidencePane
	logPane
	notesPane
	nextPane
)

func (p pane) String() string {
	return [...]string{"Result", "Evidence", "Log", "Notes", "Next"}[p]
}

// panes are the ones that have something to show.
func (p *Page) panes() []pane {
	var all []pane
	switch {
	case p.phase == turn:
		all = append(all, nextPane)
	case !p.running():
		all = append(all, resultPane)
	}
	all = append(all, evidencePane, logPane)
	if len(p.notes()) > 0 {
		all = append(all, notesPane)
	}
	return all
}

// shownPanes are the ones that tab turns: a wide page shows the evidence all
// the time, beside them.
func (p *Page) shownPanes() []pane {
	all := p.panes()
	if p.size.Width == page.Wide {
		all = slices.DeleteFunc(all, func(one pane) bool { return one == evidencePane })
	}
	return all
}

func (p *Page) turnPane() {
	all := p.shownPanes()
	p.show(all[(slices.Index(all, p.pane)+1)%len(all)])
}

// show turns to a pane and its beginning, or a log's end.
func (p *Page) show(which pane) {
	p.pane, p.window, p.tailing = which, scroll.Window{}, which == logPane
}

// notes are those of the events and of the result, each once.
func (p *Page) notes() []string {
	out := append([]string{}, p.record.notes...)
	for _, n := range p.end.Result.Notes {
		if n = block.Clean(n); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// selected is the step the cursor is on.
func (p *Page) selected() (step, bool) {
	if p.cursor < 0 || p.cursor >= len(p.record.steps) {
		return step{}, false
	}
	return p.record.steps[p.cursor], true
}

// text is the content of a pane in w cells.
func (p *Page) text(which pane, w int) block.Block {
	switch which {
	case resultPane:
		return p.result(w)
	case evidencePane:
		return p.evidence(w)
	case nextPane:
		return p.proposed(w)
	case notesPane:
		return bullets(p.theme, "!", p.theme.Fair, p.notes(), w)
	}
	return p.log(w)
}

// evidence is what the selected step showed. While the newest runs, the last one
// that failed says below it why the search goes on.
func (p *Page) evidence(w int) block.Block {
	s, ok := p.selected()
	if !ok {
		return block.Block{p.theme.Muted.Render("Nothing has run yet.")}
	}
	out := p.evidenceFrom(s, w)
	if s.verdict != "" || !p.following {
		return out
	}
	for _, earlier := range slices.Backward(p.record.steps) {
		if earlier.verdict == trial.Failed {
			return append(append(out, ""), p.evidenceFrom(earlier, w)...)
		}
	}
	return out
}

// evidenceFrom is one step's purpose in full, over what it showed.
func (p *Page) evidenceFrom(s step, w int) block.Block {
	t := p.theme
	var out block.Block
	for _, line := range block.Wrap(fmt.Sprintf("Step %d: %s", s.n, s.purpose), w) {
		out = append(out, t.Strong.Render(line))
	}
	out = append(out, muted(t, s.why(), w)...)
	switch {
	case s.skipped:
		return append(out, muted(t, "It was called back before it ended, as its answer was not waited for any more. That is no failure; nothing was learned from it.", w)...)
	case s.verdict == "" && s.cut:
		return append(out, muted(t, "It was stopped before it ended. Nothing was learned from it.", w)...)
	case s.verdict == "":
		return append(out, t.Muted.Render("It runs now."))
	case len(s.evidence) == 0:
		return append(out, muted(t, "The probes saw what they saw of the baseline.", w)...)
	}
	out = append(out, bullets(t, t.Verdict(s.verdict).Glyph, t.Verdict(s.verdict).Style, s.evidence, w)...)
	if s.unsure {
		out = append(out, muted(t, "It was only late or slow, which a busy machine can be the reason of; so it must happen twice to count.", w)...)
	}
	if s.verdict != trial.Failed || len(s.log) == 0 {
		return out
	}
	out = append(out, "", t.Muted.Render("The end of its log"))
	for _, line := range s.log[max(0, len(s.log)-4):] {
		out = append(out, "  "+t.Muted.Render(block.Cut(line, max(0, w-2))))
	}
	return out
}

// why is what led to the step, "" for one that goes without saying.
func (s step) why() string {
	switch {
	case s.because != "":
		return "Because: " + s.because
	case s.byHand:
		return "You asked for it."
	}
	return ""
}

func muted(t *theme.Theme, text string, w int) block.Block {
	if text == "" {
		return nil
	}
	var out block.Block
	for _, line := range block.Wrap(text, w) {
		out = append(out, t.Muted.Render(line))
	}
	return out
}

// log is the end of the selected step's log.
func (p *Page) log(w int) block.Block {
	t := p.theme
	s, ok := p.selected()
	if !ok || len(s.log) == 0 {
		return block.Block{t.Muted.Render("It has logged nothing so far.")}
	}
	out := make(block.Block, len(s.log))
	for i, line := range s.log {
		out[i] = t.Muted.Render(block.Cut(line, w))
	}
	return out
}

func bullets(t *theme.Theme, glyph string, style theme.Style, texts []string, w int) block.Block {
	var out block.Block
	for _, text := range texts {
		for i, line := range block.Wrap(text, max(1, w-2)) {
			lead := "  "
			if i == 0 {
				lead = style.Render(glyph) + " "
			}
			out = append(out, lead+t.Text.Render(line))
		}
	}
	return out
}

// result is how it ended: the plan with its evidence, or what went wrong.
func (p *Page) result(w int) block.Block {
	switch p.phase {
	case failed:
		return p.failure(w)
	case stopped:
		return p.interrupted(w)
	}
	return p.plan(w)
}

// interrupted says what is left of trials that were stopped.
func (p *Page) interrupted(w int) block.Block {
	t := p.theme
	out := block.Wrap("The trials were stopped. The copies and what belonged to them are removed. Nothing was decided.", w)
	done := p.record.finished()
	if done == 0 {
		return append(out, t.Key.Render("t")+t.Muted.Render(" tries again."))
	}
	out = append(out, block.Wrap(fmt.Sprintf("What the %s showed is kept in the journal.", count(done)), w)...)
	return append(out, t.Key.Render("t")+t.Muted.Render(" carries them on, or begins anew."))
}

func (p *Page) failure(w int) block.Block {
	t := p.theme
	out := page.Explain(t, p.end.Err, w)
	if last := p.lastLines(); len(last) > 0 {
		out = append(out, "", t.Strong.Render("The last lines of the copy's log"))
		for _, line := range last {
			out = append(out, "  "+t.Muted.Render(block.Cut(line, w-2)))
		}
	}
	return out
}

// lastLines are the end of the log that goes with the failure.
func (p *Page) lastLines() []string {
	const most = 8
	var last []string
	for _, s := range p.record.steps {
		if len(s.log) > 0 {
			last = s.log
		}
	}
	var baseline *trial.BaselineError
	if errors.As(p.end.Err, &baseline) && len(baseline.Log) > 0 {
		last = cleaned(baseline.Log)
	}
	return last[max(0, len(last)-most):]
}

// plan is the result's plan and why each setting is as it is, by strength.
func (p *Page) plan(w int) block.Block {
	t, r := p.theme, p.end.Result
	var out block.Block
	switch {
	case p.phase == unproved:
		out = append(out, t.Fair.Render(block.Cut("! No tighter plan passed a trial of its own. Nothing is proved.", w)))
	case r.Plan.Empty():
		out = append(out, t.Text.Render("Nothing can be closed further than it is."))
	}
	for _, c := range r.Plan.Changes {
		for i, line := range block.Wrap(block.Clean(c.String()), max(1, w-2)) {
			lead := "  "
			if i == 0 {
				lead = t.Accent.Render("›") + " "
			}
			out = append(out, lead+t.Strong.Render(line))
		}
	}
	for _, strength := range []fix.Strength{fix.Proved, fix.Observed, fix.Assumed} {
		if lines := p.evidenceOf(strength, w); len(lines) > 0 {
			out = append(append(out, ""), lines...)
		}
	}
	return out
}

func (p *Page) evidenceOf(strength fix.Strength, w int) block.Block {
	t := p.theme
	var out block.Block
	for _, e := range p.end.Result.Evidence {
		if e.Strength != strength {
			continue
		}
		if len(out) == 0 {
			out = append(out, t.Strength(strength).String())
		}
		out = append(out, p.because(block.Clean(e.Setting), block.Clean(e.Text), w)...)
	}
	return out
}

// because sets a setting beside its evidence; one with a long name stands over
// it.
func (p *Page) because(setting, text string, w int) block.Block {
	t := p.theme
	column := len("NET_BIND_SERVICE") + 2
	if w < column+24 {
		column = 2
	}
	var out block.Block
	lead := t.Text.Render(block.Fit(setting, column))
	if block.Width(setting) >= column {
		out = append(out, "  "+t.Text.Render(block.Cut(setting, w-2)))
		lead = strings.Repeat(" ", column)
	}
	for _, line := range block.Wrap(text, max(1, w-2-column)) {
		out = append(out, "  "+lead+t.Muted.Render(line))
		lead = strings.Repeat(" ", column)
	}
	return out
}
