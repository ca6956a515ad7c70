package plain

import (
	"context"
	"fmt"
	"strings"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// Bench looks at workloads and prepares searches.
type Bench interface {
	Audit(ctx context.Context) (workbench.Audit, error)
	Attempt(ctx context.Context, w inspect.Workload, emit func(trial.Event)) (*workbench.Attempt, error)
}

// Writer drafts what the proved plan of a workload changes, and writes a draft
// that was accepted. Write returns the name of the backup.
type Writer interface {
	Draft(ctx context.Context, w inspect.Workload) (workbench.Draft, error)
	Write(ctx context.Context, d workbench.Draft) (backup string, err error)
}

// Guide walks the person along the whole line: choose a workload, see what is
// open, lead its trials, accept the diff. target names the workload, "" lets the
// person choose. report shows a finished result. The result's workload is ""
// where no search was begun.
func (c *Console) Guide(ctx context.Context, b Bench, out Writer, target string, report func(trial.Result) error) (r trial.Result, err error) {
	a, ok, err := c.workload(ctx, b, target)
	if err != nil || !ok {
		return r, err
	}
	c.explain(a)
	c.blank()
	yes, err := c.yes(ctx, "Try on isolated copies how far it can be closed? The original is not touched.", true)
	if err != nil || !yes {
		return r, err
	}
	if r, err = c.Attempt(ctx, b, a.Workload); err != nil {
		return r, err
	}
	c.blank()
	if err := report(r); err != nil || !r.Proved {
		return r, err
	}
	return r, c.offer(ctx, out, a.Workload)
}

// Attempt lets the person lead a search on the workload. Its copies are removed
// before it returns.
func (c *Console) Attempt(ctx context.Context, b Bench, w inspect.Workload) (trial.Result, error) {
	attempt, err := b.Attempt(ctx, w, c.Tell)
	if err != nil {
		return trial.Result{}, err
	}
	return attempt.Lead(ctx, c.Lead)
}

// workload lets the person choose one; false for none.
func (c *Console) workload(ctx context.Context, b Bench, target string) (inspect.Audited, bool, error) {
	audit, err := b.Audit(ctx)
	if err != nil {
		return inspect.Audited{}, false, err
	}
	for _, p := range audit.Problems {
		c.item("Note: ", "%s", p)
	}
	if target != "" {
		found, err := audit.Select([]string{target})
		if err != nil {
			return inspect.Audited{}, false, err
		}
		return found[0], true, nil
	}
	if len(audit.Workloads) == 0 {
		c.say("No container was found. `bulkhead lab up` starts some to practise on.")
		return inspect.Audited{}, false, nil
	}
	var lines []string
	for _, w := range audit.Workloads {
		lines = append(lines, w.Workload.Name+": "+openLayers(w))
	}
	n, err := c.pick(ctx, "Which workload?", lines)
	if err != nil || n < 0 {
		return inspect.Audited{}, false, err
	}
	return audit.Workloads[n], true, nil
}

// openLayers says which layers of a workload are open, and which could not be
// judged.
func openLayers(a inspect.Audited) string {
	by := map[inspect.State][]string{}
	for _, l := range a.Layers {
		by[l.State] = append(by[l.State], string(l.Layer))
	}
	var out []string
	for _, s := range []inspect.State{inspect.Open, inspect.Partly, inspect.Unknown} {
		if len(by[s]) > 0 {
			out = append(out, string(s)+": "+strings.Join(by[s], ", "))
		}
	}
	if len(out) == 0 {
		return "every layer that applies is closed"
	}
	return strings.Join(out, "; ")
}

// explain says what was found in a workload, what to do first.
func (c *Console) explain(a inspect.Audited) {
	ranked := a.Summary()
	c.blank()
	c.say("%s: %d findings, what to do first comes first.", a.Workload.Name, len(ranked))
	for i, r := range ranked {
		f := r.Findings[0]
		c.item(fmt.Sprintf("%3d  ", i+1), "%s: %s", r.Severity, f.Title)
		c.item("     Why: ", "%s", f.Why)
		c.item("     Fix: ", "%s", strings.Join(r.Fixes, "; "))
	}
}

// offer shows what the proved plan changes, and writes it where the person
// accepts it.
func (c *Console) offer(ctx context.Context, out Writer, w inspect.Workload) error {
	d, err := out.Draft(ctx, w)
	if err != nil {
		return err
	}
	c.blank()
	if d.Kind == workbench.ToRun {
		c.say("It was not started by Compose. This command starts it with the plan:")
	}
	return workbench.Offer(ctx, desk{c}, out, d)
}

// desk offers drafts in plain lines.
type desk struct{ *Console }

func (d desk) Say(sentence string)  { d.say("%s", sentence) }
func (d desk) Note(sentence string) { d.item("Note: ", "%s", sentence) }
func (d desk) Aside(text string)    { d.write(text) }

func (d desk) Data(text string) error {
	d.write(text)
	return nil
}

func (d desk) Accept(ctx context.Context, question, otherwise string) (bool, error) {
	accepted, err := d.yes(ctx, question, false)
	if err != nil || !accepted {
		d.say("%s.", strings.ToUpper(otherwise[:1])+otherwise[1:])
	}
	return accepted && err == nil, err
}
