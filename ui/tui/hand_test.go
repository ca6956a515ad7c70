package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/ui/tui/tuitest"
	"bulkhead/ui/workbench"
)

func TestStepByStepToTheEnd(t *testing.T) {
	s := byHand(t, tuitest.New(), 120, 40, nil)
	s.says(t, "Next: baseline: today's settings")
	s.press("enter", "enter", "enter", "enter")
	s.says(t, "Next: drop all but CHOWN SETGID SETUID", "Because: Its log says: web: chown /var/cache/web:")
	s.press("enter", "enter", "enter", "enter", "enter")
	s.says(t, "Next: end: the plan is proved", "Passed so far")
	s.press("enter")
	s.says(t, "✓ Proved: web works with 3 of its 14 capabilities", "w see the diff")
}

func TestItGoesOnByItself(t *testing.T) {
	s := byHand(t, tuitest.New(), 120, 40, nil, "enter", "a")
	s.says(t, "✓ Proved: web works with 3 of its 14 capabilities")
}

func TestAPickedPlanIsTried(t *testing.T) {
	s := byHand(t, tuitest.New(), 120, 40, nil, "p")
	if s.dialogs.Top() != nil {
		t.Fatal("a plan can be picked before a baseline works")
	}
	// The proposal drops all but SETGID and SETUID; CHOWN, the second, is given
	// back, and the root filesystem left as it is.
	s.press("enter", "enter", "enter", "p", "down", "space", "tab", "space", "enter", "tab", "tab")
	s.says(t, "4  set no-new-privileges, drop", "You asked for it.", "✓ passed")
	s.press("c")
	s.says(t, "✓ Proved: web works with 3 of its 14 capabilities")
}

func TestAVerdictIsJudged(t *testing.T) {
	s := byHand(t, tuitest.New(), 120, 40, nil, "enter", "v")
	if s.dialogs.Top() != nil {
		t.Fatal("a baseline can be judged")
	}
	s.press("enter", "enter", "enter", "v", "tab")
	for _, r := range "It serves." {
		s.press(string(r))
	}
	s.press("enter")
	s.says(t, "▌  4  drop all but SETGID SETUID       ✓ passed", "You judged that it passed. It serves.", "Next: leave out")
}

func TestStoppingOnTheTurn(t *testing.T) {
	s := byHand(t, tuitest.New(), 80, 24, nil, "enter", "enter", "esc", "y")
	s.says(t, "Stopped, everything removed", "What the 2 runs showed is kept in the journal.")
	if !s.ended() {
		t.Error("the search still runs")
	}
}

func TestQuittingOnTheTurnEndsTheSearch(t *testing.T) {
	s := byHand(t, tuitest.New(), 80, 24, nil, "enter")
	s.press("ctrl+c")
	if ended := s.ended(); !s.quit || !ended {
		t.Errorf("quit: %v, still busy: %v", s.quit, !ended)
	}
}

func TestOptionsReachTheSearch(t *testing.T) {
	b := tuitest.New()
	s := loaded(t, b, 80, 24, func(o *Options) { o.Target = "web" })
	s.press("enter", "t", "c")
	s.send(tea.PasteMsg{Content: "url q?"})
	s.press("tab", "tab", "space", "tab", "right", "tab", "tab", "space", "enter")
	want := []workbench.TrialOptions{{
		Exercises:   []health.Exercise{{Command: "curl q?", Timeout: 30 * time.Second}},
		CopyVolumes: true, Egress: workbench.EgressIfNeeded, Also: trial.Also{Limits: true},
	}}
	if diff := cmp.Diff(want, b.Asked()); diff != "" {
		t.Errorf("the options (-want +got):\n%s", diff)
	}
}

func TestLeavingTheOptionsStartsNothing(t *testing.T) {
	b := tuitest.New()
	s := loaded(t, b, 80, 24, func(o *Options) { o.Target = "web" })
	s.press("enter", "t")
	s.tick(tickEvery)
	s.says(t, "0 runs   00:00")
	s.press("esc")
	if s.crumbs() != "/bulkhead-lab/web" || len(b.Asked()) != 0 {
		t.Errorf("at %s, %d searches were begun", s.crumbs(), len(b.Asked()))
	}
}

func TestInterruptedTrialsAreCarriedOn(t *testing.T) {
	b := interrupted()
	s := loaded(t, b, 120, 40, func(o *Options) { o.Target = "web" })
	s.press("enter", "t", "up", "space")
	s.says(t, "The journal holds 4 runs")
	s.press("enter")
	s.says(t, "✓ Proved", "9 runs", "1  baseline: today's settings")
	if asked := b.Asked(); len(asked) != 1 || !asked[0].Resume {
		t.Errorf("asked for %+v", asked)
	}
}
