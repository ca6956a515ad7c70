package trials

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/part/keymap"
)

// handKeys are for a search that is led by hand.
type handKeys struct{ pause, proceed, pick, judge, prove, carryOn key.Binding }

func newHandKeys() handKeys {
	return handKeys{
		pause:   keymap.Bind("s", "step by step", "s"),
		proceed: keymap.Bind("enter", "do it", "enter"),
		pick:    keymap.Bind("p", "pick", "p"),
		judge:   keymap.Bind("v", "judge it", "v"),
		prove:   keymap.Bind("c", "confirm the tightest so far", "c"),
		carryOn: keymap.Bind("a", "go on by itself", "a"),
	}
}

func (p *Page) handGroup() keymap.Group {
	k, mine := p.keys.hand, p.phase == turn
	k.pause.SetEnabled(p.phase == running && !p.leader.pausing())
	k.proceed.SetEnabled(mine)
	k.pick.SetEnabled(mine && p.turn.Comparable)
	k.judge.SetEnabled(mine && p.judgeable())
	k.prove.SetEnabled(mine && !p.turn.Sofar.Empty())
	k.carryOn.SetEnabled(mine)
	return keymap.Group{Title: "Step by step", Keys: []keymap.Key{
		keymap.Shown(k.proceed), keymap.Shown(k.pick), keymap.Shown(k.carryOn), keymap.Shown(k.judge), keymap.Hidden(k.prove),
		keymap.Shown(k.pause),
	}}
}

// judgeable says that the selected step is a trial with a verdict.
func (p *Page) judgeable() bool {
	s, ok := p.selected()
	return ok && s.verdict != "" && !s.baseline
}

// take shows what the search waits for.
func (p *Page) take(t Turn) {
	p.phase, p.turn = turn, t
	p.record.remember(t.Trials)
	if p.following {
		p.cursor = max(0, len(p.record.steps)-1)
	}
	p.show(nextPane)
}

func (p *Page) pressByHand(msg tea.KeyPressMsg) (page.Request, tea.Cmd) {
	k := p.keys.hand
	if p.phase == running && key.Matches(msg, k.pause) {
		p.leader.pause()
	}
	if p.phase != turn {
		return nil, nil
	}
	switch {
	case key.Matches(msg, k.proceed):
		return nil, p.give(proceed)
	case key.Matches(msg, k.carryOn):
		return nil, p.give(carryOn)
	case key.Matches(msg, k.prove) && !p.turn.Sofar.Empty():
		return nil, p.give(prove(p.turn.Sofar))
	case key.Matches(msg, k.pick) && p.turn.Comparable:
		return page.Ask{Dialog: p.askPlan()}, nil
	case key.Matches(msg, k.judge) && p.judgeable():
		return page.Ask{Dialog: p.askVerdict()}, nil
	}
	return nil, nil
}

// give hands an order to the search and listens to it again.
func (p *Page) give(o order) tea.Cmd {
	p.phase, p.following = running, true
	p.version++
	p.show(logPane)
	p.leader.orders <- o
	return p.feed.next(p.work.Context(), p.run)
}

// picked and judged are the answers of the dialogs.
type (
	picked struct {
		page *Page
		plan fix.Plan
	}
	judged struct {
		page    *Page
		n       int
		verdict trial.Verdict
		why     string
	}
)

func (p *Page) answered(msg tea.Msg) tea.Cmd {
	if p.phase != turn {
		return nil
	}
	switch msg := msg.(type) {
	case picked:
		if msg.page == p && !msg.plan.Empty() {
			return p.give(try(msg.plan))
		}
	case judged:
		if msg.page == p {
			return p.give(judge(msg.n, msg.verdict, msg.why))
		}
	}
	return nil
}

// askPlan lets the person pick what to drop and what to close, beginning with
// what the search would try, or with what passed.
func (p *Page) askPlan() dialog.Dialog {
	begin := p.turn.Sofar
	if len(p.turn.Next.Steps) > 0 && !p.turn.Next.Steps[0].Plan.Empty() {
		begin = p.turn.Next.Steps[0].Plan
	}
	granted := p.record.current().Granted
	keep, speaks := begin.Capabilities()
	caps := dialog.Column{Title: "Drop"}
	for _, c := range granted.Each() {
		caps.Options = append(caps.Options, dialog.Option{Label: block.Clean(c.String()), Chosen: speaks && !keep.Has(c)})
	}
	dials := dialog.Column{Title: "Close"}
	for _, d := range p.turn.Dials {
		dials.Options = append(dials.Options, dialog.Option{Label: block.Clean(string(d.Changes[0].Dial)), Chosen: holds(begin, d)})
	}
	c := dialog.NewChoice("Pick what the next copy runs without", caps, dials)
	c.Apply("try it")
	plan := func(columns []dialog.Column) fix.Plan { return planOf(granted, p.turn.Dials, columns) }
	c.Say = func(columns []dialog.Column) string { return block.Clean(plan(columns).String()) }
	c.Answer = func(columns []dialog.Column) tea.Msg { return picked{p, plan(columns)} }
	return c
}

// holds says that the plan has the first change of the other.
func holds(plan, other fix.Plan) bool { return slices.Contains(plan.Changes, other.Changes[0]) }

// planOf is what the columns of askPlan say.
func planOf(granted inspect.CapSet, dials []fix.Plan, columns []dialog.Column) fix.Plan {
	var plan fix.Plan
	for i, o := range columns[1].Options {
		if o.Chosen {
			plan = plan.With(dials[i].Changes...)
		}
	}
	keep := granted
	for i, c := range granted.Each() {
		if columns[0].Options[i].Chosen {
			keep = keep.Without(c)
		}
	}
	if keep == granted {
		return plan
	}
	return plan.With(inspect.Change{Dial: inspect.DialCapabilities, Keep: keep})
}

func (p *Page) askVerdict() dialog.Dialog {
	s, _ := p.selected()
	verdicts := []trial.Verdict{trial.Passed, trial.Failed}
	other := 0
	if s.verdict == trial.Passed {
		other = 1
	}
	f := dialog.NewForm(fmt.Sprintf("Judge trial %d", s.n), "judge",
		dialog.Field{Label: "It", Values: []string{"passed", "failed"}, At: other, Help: "Your verdict counts from now on; the probes saw that it " + string(s.verdict) + "."},
		dialog.Field{Label: "Why", Help: "A sentence, so that whoever reads the result knows what you saw."},
	)
	f.Answer = func(fields []dialog.Field) tea.Msg {
		return judged{p, s.n, verdicts[fields[0].At], strings.TrimSpace(fields[1].Text)}
	}
	return f
}

// proposed is what the search would do next, and because of what.
func (p *Page) proposed(w int) block.Block {
	t := p.theme
	what, because := proposal(p.turn.Next)
	var out block.Block
	if p.turn.Problem != nil {
		out = append(page.Failure(t, "That could not be done", p.turn.Problem, w), "")
	}
	for _, line := range block.Wrap("Next: "+block.Clean(what), w) {
		out = append(out, t.Strong.Render(line))
	}
	if because != "" {
		out = append(out, muted(t, "Because: "+block.Clean(because), w)...)
	}
	if !p.turn.Sofar.Empty() {
		out = append(append(out, ""), muted(t, "Passed so far, not confirmed yet: "+block.Clean(p.turn.Sofar.String())+".", w)...)
	}
	return out
}

// proposal says in words what was decided.
func proposal(d trial.Decision) (what, because string) {
	switch {
	case len(d.Steps) > 0:
		return d.Steps[0].Purpose, d.Steps[0].Because
	case len(d.Survey) > 0:
		return "look what the image has around " + strings.Join(d.Survey, ", "), "A trial could not write there."
	case d.Loosen != nil:
		return "make the isolation of the copies one notch looser", d.Loosen.Error()
	case d.Outcome != nil && d.Outcome.Err != nil:
		return "end without a result", d.Outcome.Err.Error()
	case d.Outcome != nil && d.Outcome.Proved:
		return "end: the plan is proved", ""
	}
	return "end: there is nothing more to try", ""
}
