package observe

import (
	tea "charm.land/bubbletea/v2"

	"bulkhead/fix/socketproxy"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/part/judgement"
)

// writable says that a proxy can be written for the recorded calls.
func (p *Page) writable() bool { return !p.running() && len(p.learned.All.Calls) > 0 }

// passable says that a call was refused which may be let through.
func (p *Page) passable() bool { return !p.running() && len(p.held()) > 0 }

// held are the calls that were refused, and that a person may let through.
func (p *Page) held() []string {
	var out []string
	for _, c := range p.learned.All.Calls {
		if _, err := socketproxy.NewPolicy([]string{c.String()}); err == nil && c.Refused > 0 {
			out = append(out, c.String())
		}
	}
	return out
}

// askPass lets a person pass refused calls on to the engine in the next run, for
// what a copy does after them.
func (p *Page) askPass() dialog.Dialog {
	var options []dialog.Option
	for _, call := range p.held() {
		options = append(options, dialog.Option{Label: block.Clean(call)})
	}
	c := dialog.NewChoice("Let through, and record again", dialog.Column{Title: "Refused calls", Options: options})
	c.Apply("record again")
	c.Say = func(columns []dialog.Column) string {
		if len(ticked(columns[0])) == 0 {
			return "None of them reaches the engine. Those that amount to root never do."
		}
		return "WARNING: the copy will really do this on your engine, to any of your containers."
	}
	c.Answer = func(columns []dialog.Column) tea.Msg {
		o := p.options
		o.policy = socketproxy.Policy{LetThrough: ticked(columns[0])}
		return chosen{p, o}
	}
	return c
}

func ticked(c dialog.Column) []string {
	var out []string
	for _, o := range c.Options {
		if o.Chosen {
			out = append(out, o.Label)
		}
	}
	return out
}

// recording says what happens while calls are recorded.
func (p *Page) recording(w int) block.Block {
	text := "A copy lives through its start, its exercise and a restart. Where the original has the engine's socket it finds a recording proxy: what only reads is passed on, everything else is refused and recorded."
	if len(p.options.policy.LetThrough) > 0 {
		text = "A copy lives through its start, its exercise and a restart. What you let through is really done on your engine; everything else that does more than read is refused and recorded."
	}
	out := judgement.Indent("  ", p.theme.Text, text, w)
	return append(append(out, ""), judgement.Indent("  ", p.theme.Muted, "What it reads may hold secrets of other containers; it has no way out to tell.", w)...)
}
