package diff

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"bulkhead/fix"
	"bulkhead/fix/socketproxy"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/theme"
	"bulkhead/ui/workbench"
)

// subject is what a draft is made of, and which of its parts a person chose.
type subject interface {
	draft(ctx context.Context, by Writer, w inspect.Workload) (workbench.Draft, error)
	// count says how many of all parts are chosen, and what they are.
	count() (chosen, all int, parts string)
	// ask lets a person choose; answer makes the message of what was chosen.
	ask(answer func(subject) tea.Msg) *dialog.Choice
}

// planned is a plan that trials proved.
type planned struct {
	result  trial.Result
	changes []inspect.Change
}

func (s planned) draft(ctx context.Context, by Writer, w inspect.Workload) (workbench.Draft, error) {
	return by.Draft(ctx, w, s.result.Only(fix.NewPlan(s.changes...)))
}

func (s planned) count() (chosen, all int, parts string) {
	return len(s.changes), len(s.result.Plan.Changes), "changes"
}

func (s planned) ask(answer func(subject) tea.Msg) *dialog.Choice {
	all := s.result.Plan.Changes
	options := make([]dialog.Option, len(all))
	for i, c := range all {
		options[i] = dialog.Option{Label: block.Clean(c.String()), Chosen: slices.Contains(s.changes, c)}
	}
	c := dialog.NewChoice("What is to be written", dialog.Column{Title: "Changes of the plan", Options: options})
	c.Say = func(columns []dialog.Column) string {
		if n := len(ticked(columns[0], all)); n < len(all) {
			return fmt.Sprintf("%d of %d. The trials proved them together, and none without the others.", n, len(all))
		}
		return "All of them, as the trials proved them."
	}
	c.Answer = func(columns []dialog.Column) tea.Msg {
		return answer(planned{s.result, ticked(columns[0], all)})
	}
	return c
}

// called are calls of the engine's API that were recorded, for a proxy that lets
// through those that were chosen.
type called struct {
	calls, chosen []socketproxy.Call
	dialect       socketproxy.Dialect
}

// newCalled chooses what does not amount to root.
func newCalled(calls []socketproxy.Call) called {
	root := socketproxy.Graded(calls, socketproxy.Root)
	chosen := slices.DeleteFunc(slices.Clone(calls), func(c socketproxy.Call) bool { return slices.Contains(root, c) })
	return called{calls, chosen, socketproxy.Wollomatic}
}

func (s called) draft(ctx context.Context, by Writer, w inspect.Workload) (workbench.Draft, error) {
	o := workbench.SocketOptions{Dialect: s.dialect, Root: len(socketproxy.Graded(s.chosen, socketproxy.Root)) > 0}
	for _, c := range s.calls {
		e, _ := c.Known()
		// Why no call that amounts to root is let through is said where nobody asked
		// for any.
		if !slices.Contains(s.chosen, c) && (o.Root || e.Grade != socketproxy.Root) {
			o.LeaveOut = append(o.LeaveOut, c.String())
		}
	}
	return by.DraftSocketProxy(ctx, w, o)
}

func (s called) count() (chosen, all int, parts string) { return len(s.chosen), len(s.calls), "calls" }

func (s called) ask(answer func(subject) tea.Msg) *dialog.Choice {
	options := make([]dialog.Option, len(s.calls))
	for i, c := range s.calls {
		e, _ := c.Known()
		options[i] = dialog.Option{Label: block.Clean(c.String()), Chosen: slices.Contains(s.chosen, c), Draw: grade(c.String(), e.Grade)}
	}
	coarse := dialog.Option{Label: "tecnativa, coarse", Chosen: s.dialect == socketproxy.Tecnativa}
	c := dialog.NewChoice("What the proxy lets through",
		dialog.Column{Title: "Recorded calls", Options: options}, dialog.Column{Title: "Proxy", Options: []dialog.Option{coarse}})
	c.Say = func(columns []dialog.Column) string {
		chosen := ticked(columns[0], s.calls)
		if root := socketproxy.Graded(chosen, socketproxy.Root); len(root) > 0 {
			return fmt.Sprintf("WARNING: with %s the service is as good as root on the host, proxy or not.", root[0])
		}
		return fmt.Sprintf("%d of %d. The proxy refuses every other call.", len(chosen), len(s.calls))
	}
	c.Answer = func(columns []dialog.Column) tea.Msg {
		next := called{s.calls, ticked(columns[0], s.calls), socketproxy.Wollomatic}
		if columns[1].Options[0].Chosen {
			next.dialect = socketproxy.Tecnativa
		}
		return answer(next)
	}
	return c
}

// grade draws a call with what it hands over, nil where that is nothing.
func grade(call string, g socketproxy.Grade) func(*theme.Theme) string {
	if g == socketproxy.Plain {
		return nil
	}
	return func(t *theme.Theme) string {
		style := t.Fair
		if g == socketproxy.Root {
			style = t.Alarm
		}
		return t.Text.Render(block.Clean(call)+"  ") + style.Render(string(g))
	}
}

// ticked are those of all whose options are chosen.
func ticked[T any](column dialog.Column, all []T) []T {
	var out []T
	for i, o := range column.Options {
		if o.Chosen {
			out = append(out, all[i])
		}
	}
	return out
}
