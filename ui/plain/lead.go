package plain

import (
	"context"
	"errors"
	"fmt"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// walk is one search that a person leads.
type walk struct {
	*Console
	search *trial.Search
	listed bool // the choices were listed
}

// Lead walks the person through the search, a step at a time. It returns what
// the search returns at its end; ErrStopped where the person stopped or the
// input ended; ctx's error where that did. What was found until then is kept.
func (c *Console) Lead(ctx context.Context, search *trial.Search) (trial.Result, error) {
	w := &walk{Console: c, search: search}
	err := ctx.Err()
	for err == nil && !search.Result().Finished {
		err = w.turn(ctx)
	}
	return search.Result(), err
}

// turn does one thing. The baselines and looking at the image need no decision
// of the person's.
func (w *walk) turn(ctx context.Context) error {
	d := trial.Decide(w.search.Known())
	preparing := len(d.Survey) > 0 || len(d.Steps) > 0 && d.Steps[0].Baseline && !d.Steps[0].RootOwned
	switch {
	case preparing, d.Outcome != nil && d.Outcome.Err != nil:
		return w.advance(ctx)
	case d.Loosen != nil:
		return w.loosen(ctx, d.Loosen)
	}
	w.known()
	w.proposal(d)
	return w.choose(ctx)
}

func (w *walk) advance(ctx context.Context) error {
	_, err := w.search.Advance(ctx)
	return err
}

// loosen asks before the isolation becomes looser.
func (w *walk) loosen(ctx context.Context, why *trial.BaselineError) error {
	w.blank()
	w.say("The copy does not work in its isolation, so nothing can be learned from it yet.")
	w.log(why.Log)
	yes, err := w.yes(ctx, "Make the isolation one notch looser, and try again?", true)
	if err == nil && !yes {
		err = ErrStopped
	}
	if err != nil {
		return err
	}
	return w.advance(ctx)
}

// known shows what is known so far. What was seen once is observed; proved is
// what was alone missing from a trial that broke.
func (w *walk) known() {
	k, grid := w.search.Known(), w.search.Grid()
	unknown := grid.Granted.Without(grid.Needed).Without(grid.Unneeded)
	w.blank()
	w.say("What is known of %s", k.Workload.Name)
	w.item("  granted today: ", "%s", grid.Granted)
	w.item("  needed (proved, it broke without): ", "%s", grid.Needed)
	w.item("  not needed (observed, it passed without): ", "%s", grid.Unneeded)
	if k.Keep != 0 {
		w.item("  kept (assumed, because you said so): ", "%s", k.Keep)
	}
	if unknown == grid.Granted {
		w.say("  unknown: all of them")
	} else {
		w.item("  unknown: ", "%s", unknown)
	}
	plan := k.Sofar()
	if plan.Empty() {
		w.say("  plan so far: none has passed yet")
		return
	}
	w.say("  plan so far (observed, not yet confirmed):")
	for _, c := range plan.Changes {
		w.item("    - ", "%s", c)
	}
}

// proposal says what the search would do next, and because of what.
func (w *walk) proposal(d trial.Decision) {
	w.blank()
	if d.Outcome != nil {
		if d.Outcome.Proved {
			w.item("The search is at its end. Proved, by two trials of its own: ", "%s", d.Outcome.Plan)
		} else {
			w.say("The search is at its end, and no plan was proved.")
		}
		return
	}
	w.item("Proposed next: ", "%s.", d.Steps[0].Purpose)
	if because := d.Steps[0].Because; because != "" {
		w.item("Because: ", "%s", because)
	}
}

// choices are what a person can do at each turn; the first is the default.
var choices = []struct {
	text string
	do   func(*walk, context.Context) error
}{
	{"Do what is proposed.", (*walk).advance},
	{"Close one thing more: a capability or another dial.", (*walk).close},
	{"Give one thing back.", (*walk).giveBack},
	{"Drop everything at once.", (*walk).dropAll},
	{"Judge the last trial yourself.", (*walk).judge},
	{"See why a trial failed.", (*walk).why},
	{"Let the search go on by itself from here.", (*walk).carryOn},
	{"Finish: confirm the plan so far as it is.", (*walk).settle},
	{"Stop, and keep what was found.", func(*walk, context.Context) error { return ErrStopped }},
}

// choose lets the person choose. The choices are listed once, and again on
// request.
func (w *walk) choose(ctx context.Context) error {
	for {
		if !w.listed {
			w.listed = true
			for i, c := range choices {
				w.item(fmt.Sprintf("%3d  ", i+1), "%s", c.text)
			}
		}
		answer, err := w.ask(ctx, fmt.Sprintf("Your choice, 1 to %d, ? lists them [1]:", len(choices)))
		if err != nil {
			return err
		}
		switch n := choice(answer); {
		case answer == "?":
			w.listed = false
		case n > 0:
			return choices[n-1].do(w, ctx)
		default:
			w.say("Please answer with a number from 1 to %d.", len(choices))
		}
	}
}

// choice reads the number of a choice: 1 for an empty answer, 0 for what is
// none.
func choice(answer string) int {
	if answer == "" {
		return 1
	}
	for n := range choices {
		if answer == fmt.Sprint(n+1) {
			return n + 1
		}
	}
	return 0
}

func (w *walk) close(ctx context.Context) error {
	k := w.search.Known()
	return w.move(ctx, k.Sofar(), closer(k, k.Sofar()))
}

// giveBack starts from the last trial where that failed: that is the plan which
// lacks something.
func (w *walk) giveBack(ctx context.Context) error {
	k := w.search.Known()
	base := k.Sofar()
	if last, ok := lastTrial(k); ok && last.Verdict == trial.Failed {
		base = last.Plan
	}
	return w.move(ctx, base, looser(k, base))
}

// move lets the person choose one of the moves from a plan, and tries it.
func (w *walk) move(ctx context.Context, from fix.Plan, moves []move) error {
	if len(moves) == 0 {
		w.say("There is nothing of that kind left.")
		return nil
	}
	w.item("Starting from: ", "%s", from)
	n, err := w.pick(ctx, "Which one?", texts(moves))
	if err != nil || n < 0 {
		return err
	}
	return w.try(ctx, moves[n])
}

func (w *walk) dropAll(ctx context.Context) error {
	return w.try(ctx, move{"drop everything at once", w.search.Known().Everything()})
}

func (w *walk) try(ctx context.Context, m move) error {
	_, err := w.search.Try(ctx, trial.Step{Purpose: m.text, Because: "You asked for it.", Plan: m.plan})
	return err
}

// lastTrial is the trial that ended last, baselines aside.
func lastTrial(k trial.Known) (trial.Trial, bool) {
	for i := len(k.Trials) - 1; i >= 0; i-- {
		if !k.Trials[i].Baseline {
			return k.Trials[i], true
		}
	}
	return trial.Trial{}, false
}

// judge lets what the person saw count instead of what the probes saw.
func (w *walk) judge(ctx context.Context) error {
	last, ok := lastTrial(w.search.Known())
	if !ok {
		w.say("No trial has been run yet.")
		return nil
	}
	w.say("%s (%s) %s, by the probes and comparisons.", called(last.Step), last.Purpose, last.Verdict)
	n, err := w.pick(ctx, "In your judgement?", []string{"It passed.", "It failed."})
	if err != nil || n < 0 {
		return err
	}
	why, err := w.ask(ctx, "Why, in a sentence:")
	if err != nil {
		return err
	}
	if err := w.search.Overrule(last.N, []trial.Verdict{trial.Passed, trial.Failed}[n], why); err != nil {
		return err
	}
	w.say("%s counts as you judged it.", called(last.Step))
	return w.search.Keep()
}

// why shows the evidence and the end of the log of a failed trial.
func (w *walk) why(ctx context.Context) error {
	var failed []trial.Trial
	var names []string
	for _, t := range w.search.Known().Trials {
		if t.Verdict == trial.Failed {
			failed = append(failed, t)
			names = append(names, called(t.Step)+": "+t.Purpose)
		}
	}
	if len(failed) == 0 {
		w.say("No trial has failed yet.")
		return nil
	}
	n, err := w.pick(ctx, "Which one?", names)
	if err != nil || n < 0 {
		return err
	}
	t := failed[n]
	w.item("It ran with: ", "%s", t.Plan)
	w.say("Observed:")
	w.evidence(t.Evidence)
	w.log(t.Log)
	return nil
}

// mostLog is how many lines of a log are shown.
const mostLog = 12

func (w *walk) log(lines []string) {
	if len(lines) == 0 {
		return
	}
	w.say("Its last log lines:")
	for _, text := range lines[max(0, len(lines)-mostLog):] {
		w.item("  | ", "%s", text)
	}
}

func (w *walk) carryOn(ctx context.Context) error {
	_, err := w.search.Run(ctx)
	return err
}

// settle ends the search with the plan so far, if that passes twice more.
func (w *walk) settle(ctx context.Context) error {
	r, err := w.search.Settle(ctx, w.search.Known().Sofar())
	switch {
	case errors.Is(err, trial.ErrNothingToSettle):
		w.say("No plan has passed yet, so there is nothing to confirm.")
		return nil
	case err == nil && !r.Finished:
		w.say("The plan failed when it was confirmed, so it is not proved. The search goes on.")
	}
	return err
}

// Kept says how an interrupted search is carried on, "" where nothing was found
// yet.
func Kept(r trial.Result) string {
	if len(r.Trials) == 0 || r.Finished {
		return ""
	}
	return fmt.Sprintf("What %d runs found is kept. `bulkhead trial %s --resume`, with the same flags, carries it on.",
		len(r.Trials), inspect.Printable(r.Workload))
}
