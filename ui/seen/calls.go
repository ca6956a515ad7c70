package seen

import (
	"fmt"

	"bulkhead/fix/socketproxy"
	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// OfCalls is the account of the calls of the engine's API that were recorded.
func OfCalls(l workbench.Learned) Account {
	calls := Section{Title: "calls", Word: "none seen"}
	for _, c := range l.All.Calls {
		calls.Lines = append(calls.Lines, inspect.Printable(c.String()+": "+made(c)))
	}
	if len(calls.Lines) > 0 {
		calls.Word = fmt.Sprint(len(calls.Lines))
	}
	a := Account{
		Sections: append([]Section{calls}, Handed(l.All.Calls)...), Word: count(l.Runs, "run", "runs"),
		Enough: []string{"A filtering proxy refuses every call that is not in it. Record it again while it does all of its work."},
		Source: fmt.Sprintf("Observed in %s of copies. What did not happen meanwhile is not in it.", count(l.Runs, "run", "runs")),
	}
	if len(l.Unwell) > 0 {
		lines := append(printable(l.Unwell), "What it would have called after that is not recorded.")
		a.Sections = append(a.Sections, Section{Title: "the copy did not work", Word: fmt.Sprint(len(l.Unwell)), Lines: lines, Grave: true})
	}
	if len(l.Notes) > 0 {
		a.Sections = append(a.Sections, Section{Title: "the copy", Word: fmt.Sprint(len(l.Notes)), Lines: printable(l.Notes)})
	}
	return a
}

// made says how often a call was made, and how many of these were refused.
func made(c socketproxy.Call) string {
	text := count(c.Count, "time", "times")
	switch c.Refused {
	case 0:
		return text
	case c.Count:
		return text + ", refused"
	}
	return fmt.Sprintf("%s, %d refused", text, c.Refused)
}

// Handed says what the calls hand over, the gravest first; a title is what "these
// calls" do.
func Handed(calls []socketproxy.Call) []Section {
	var out []Section
	for _, g := range []struct {
		grade socketproxy.Grade
		title string
	}{
		{socketproxy.Root, "amount to root on the host"},
		{socketproxy.Controls, "change other containers"},
		{socketproxy.Exposes, "read out others' secrets"},
	} {
		s := Section{Title: g.title, Grave: true}
		for _, c := range socketproxy.Graded(calls, g.grade) {
			e, _ := c.Known()
			s.Lines = append(s.Lines, inspect.Printable(c.String()+": "+e.Why))
		}
		if s.Word = fmt.Sprint(len(s.Lines)); len(s.Lines) > 0 {
			out = append(out, s)
		}
	}
	return out
}
