package tui

import (
	"regexp"
	"testing"
	"unicode"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/ui/tui/page/trials"
	"bulkhead/ui/tui/tuitest"
	"bulkhead/ui/workbench"
)

var sgr = regexp.MustCompile(`\x1b\[[0-9;:]*m`)

// clean fails where anything but text, line breaks and styles would reach the
// terminal.
func (s *stage) clean(what string) {
	s.t.Helper()
	for _, r := range sgr.ReplaceAllString(s.View().Content, "") {
		if r != '\n' && !unicode.IsPrint(r) {
			s.t.Fatalf("%s: %U reaches the terminal", what, r)
		}
	}
}

// TestHostileText follows text that tries to reach the terminal through every
// page.
func TestHostileText(t *testing.T) {
	const bad = "\x1b[2J\x1b]52;c;aGk=\x07\r\n\t\u202e\u009b1m\xff"
	b := &tuitest.Backend{
		Looked: tuitest.Hostile(),
		Drafted: workbench.Draft{
			Kind: workbench.ToCompose, Path: "/" + bad, Diff: "@@ -1 +1 @@\n-a" + bad + "\n+b" + bad + "\n" + bad, After: []byte("b"), Notes: []string{bad},
		},
	}
	b.AlterEvent = func(e *trial.Event) {
		e.Line, e.Step.Purpose, e.Step.Because = bad, bad, bad
		e.Trial.Evidence, e.Trial.Log = []string{bad}, []string{bad}
	}
	b.AlterResult = func(r *trial.Result) {
		r.Evidence = []fix.Evidence{{Setting: bad, Strength: fix.Proved, Text: bad}}
		r.Notes = []string{bad}
	}
	b.Outdated = []string{bad}
	for _, w := range []int{50, 80, 120} {
		s := loaded(t, b, w, 40)
		for _, k := range []string{
			"p", "esc", "e", "tab", "tab", "G", "esc", "f", "j", "space", "tab", "enter", "s", "esc",
			"/", "s", "enter", "esc", "enter", "G", "t", "enter", "tab", "tab", "tab", "k", "w", "w", "y",
		} {
			s.clean("before " + k)
			s.press(k)
			s.check(k)
		}
		s.clean("at the end")
		s.press("esc", "enter", "t")
		s.send(stroke("enter"))
		s.forget()
		s.progress(nil, &trials.End{Err: &trial.BaselineError{Workload: bad, Missing: []string{bad}, Log: []string{bad}}})
		s.clean("failed")
	}
	refused := loaded(t, &tuitest.Backend{AuditErr: tuitest.Hinted{Text: bad, Next: bad}}, 80, 24)
	refused.clean("refused")
}
