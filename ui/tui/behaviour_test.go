package tui

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"bulkhead/ui/tui/page/trials"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/tuitest"
	"bulkhead/ui/workbench"
)

// crumbs is where the person is.
func (s *stage) crumbs() string {
	var all []string
	for _, p := range s.pages {
		all = append(all, p.Crumb())
	}
	return strings.Join(all, "/")
}

func TestTheWholeLine(t *testing.T) {
	b := tuitest.New()
	s := loaded(t, b, 80, 24, func(o *Options) { o.Target = "web" })
	s.press("enter", "t", "enter", "w", "w")
	if len(b.Written()) != 0 {
		t.Fatal("it wrote before the question was answered")
	}
	s.press("enter")
	if len(b.Written()) != 0 {
		t.Fatal("enter answered the question")
	}
	s.press("y")
	if diff := cmp.Diff([]workbench.Draft{tuitest.Draft()}, b.Written()); diff != "" {
		t.Errorf("what was written (-want +got):\n%s", diff)
	}
	for _, want := range []string{"✓ Written", "compose.yaml.bak", "docker compose up -d web"} {
		if !strings.Contains(s.plain(), want) {
			t.Errorf("the screen does not say %q:\n%s", want, s.plain())
		}
	}
	s.press("esc", "esc", "esc", "esc", "esc", "esc")
	if s.quit || len(s.pages) != 1 {
		t.Errorf("esc led to %q, quit %v; it must end at the list", s.crumbs(), s.quit)
	}
	s.press("q")
	if !s.quit {
		t.Error("q did not quit from the list")
	}
}

// Changes are accepted and rejected one by one, and another draft is made of
// those that are left.
func TestChangesAreChosen(t *testing.T) {
	b := tuitest.New()
	s := loaded(t, b, 80, 24, func(o *Options) { o.Target = "web" })
	s.press("enter", "t", "enter", "w", "x", "down", "space", "enter")
	all := tuitest.Result().Plan
	drafts := b.Drafts()
	if len(drafts) != 2 || !drafts[0].Equal(all) || !drafts[1].Equal(all.Minus(all.Changes[1])) {
		t.Fatalf("drafts of %v", drafts)
	}
	if want := fmt.Sprintf("%d of %d changes", len(all.Changes)-1, len(all.Changes)); !strings.Contains(s.plain(), want) {
		t.Errorf("the screen does not say %q:\n%s", want, s.plain())
	}
	s.press("x", "esc")
	if len(b.Drafts()) != 2 {
		t.Error("leaving the question made another draft")
	}
}

func TestEscAndQOnEveryPage(t *testing.T) {
	for _, sc := range scenes() {
		t.Run(sc.name, func(t *testing.T) {
			s := sc.play(t, 80, 24)
			onList := len(s.pages) == 1 && s.dialogs.Top() == nil && !s.top().Typing()
			s.press("q")
			if s.quit != onList {
				t.Errorf("q quits: %v, on the list: %v", s.quit, onList)
			}
			again := sc.play(t, 80, 24)
			again.press("esc", "esc", "esc")
			if again.quit {
				t.Error("esc quits")
			}
		})
	}
}

func TestCtrlCQuitsFromEverywhere(t *testing.T) {
	for _, sc := range scenes() {
		s := sc.play(t, 80, 24)
		s.forget()
		s.press("ctrl+c")
		if !s.quit {
			t.Errorf("%s: ctrl+c does not quit", sc.name)
		}
		if s.work.Context().Err() == nil {
			t.Errorf("%s: ctrl+c left the work running", sc.name)
		}
	}
}

func TestTargetIsSelected(t *testing.T) {
	for _, target := range []string{"bulkhead-lab/store", "store", "bulkhead-lab-store-1"} {
		s := loaded(t, tuitest.New(), 80, 24, func(o *Options) { o.Target = target })
		if !strings.Contains(s.plain(), "▌ ► store") {
			t.Errorf("%s is not selected:\n%s", target, s.plain())
		}
	}
}

func TestReloadKeepsSelectionAndOldData(t *testing.T) {
	b := tuitest.New()
	s := loaded(t, b, 80, 24, func(o *Options) { o.Target = "web" })
	b.Looked.Workloads = b.Looked.Workloads[:3]
	s.press("r")
	if got := s.plain(); !strings.Contains(got, "▌ ► web") || strings.Contains(got, "admin") {
		t.Errorf("after a reload:\n%s", got)
	}
	b.AuditErr = errors.New("the engine went away")
	s.press("r")
	for _, want := range []string{"▌ ► web", "the engine went away"} {
		if !strings.Contains(s.plain(), want) {
			t.Errorf("after a failed reload %q is missing:\n%s", want, s.plain())
		}
	}
}

func TestFilter(t *testing.T) {
	s := loaded(t, tuitest.New(), 80, 24)
	s.press("/", "q", "?", "backspace", "backspace", "p", "o", "s", "t", "enter")
	if got := s.plain(); !strings.Contains(got, "/ post") || !strings.Contains(got, "▌ ► pg-staging") || strings.Contains(got, "admin") {
		t.Errorf("filtered by post:\n%s", got)
	}
	s.press("esc")
	if got := s.plain(); !strings.Contains(got, "admin") || !strings.Contains(got, "▌ ► pg-staging") {
		t.Errorf("after esc:\n%s", got)
	}
}

func TestStoppingWaitsForTheCleanUp(t *testing.T) {
	s := onWeb(t, 80, 24)
	s.trialing(tuitest.EventsUntil(5))
	s.press("esc")
	if !strings.Contains(s.plain(), "Stop the trials?") {
		t.Fatalf("no question:\n%s", s.plain())
	}
	s.press("n")
	if !strings.Contains(s.plain(), "Trying copies") {
		t.Fatalf("n did not go on:\n%s", s.plain())
	}
	s.press("esc", "y", "esc", "q", "t")
	if !strings.Contains(s.plain(), "Cleaning up") || s.crumbs() != "/bulkhead-lab/web/trial" {
		t.Fatalf("while it cleans up, at %s:\n%s", s.crumbs(), s.plain())
	}
	s.progress(nil, &trials.End{Err: context.Canceled})
	if !strings.Contains(s.plain(), "Stopped, everything removed") {
		t.Errorf("it was not said that it stopped:\n%s", s.plain())
	}
	s.press("esc")
	if s.crumbs() != "/bulkhead-lab/web" {
		t.Errorf("esc led to %s", s.crumbs())
	}
}

func TestAFailedCleanUpIsNotCalledStopped(t *testing.T) {
	s := onWeb(t, 80, 24)
	s.trialing(tuitest.EventsUntil(5))
	s.press("esc", "y")
	s.progress(nil, &trials.End{Err: errors.Join(
		fmt.Errorf("leave out CHOWN: %w", context.Canceled), errors.New("removing the network bulkhead-f00d: in use"),
	)})
	if got := s.plain(); strings.Contains(got, "everything removed") || !strings.Contains(got, "in use") {
		t.Errorf("what was not removed is not told:\n%s", got)
	}
}

func TestQuestionClosesWhenItSettlesItself(t *testing.T) {
	s := onWeb(t, 80, 24)
	s.trialing(tuitest.EventsUntil(5))
	s.press("esc")
	s.progress(nil, &trials.End{Result: tuitest.Result()})
	if s.dialogs.Top() != nil {
		t.Errorf("the question stands after the search has ended:\n%s", s.plain())
	}
}

func TestOldRunsAreIgnored(t *testing.T) {
	s := proved(t, 80, 24)
	before := s.plain()
	s.send(trials.Progress{Run: 0, Events: tuitest.Events(), End: &trials.End{Err: errors.New("of another run")}})
	if diff := cmp.Diff(before, s.plain()); diff != "" {
		t.Errorf("the progress of another run changed the page:\n%s", diff)
	}
}

func TestADialogThatOpensByItselfIsDeafAtFirst(t *testing.T) {
	s := find(t, "diff-not-written").play(t, 80, 24)
	s.press("esc")
	if s.dialogs.Top() == nil {
		t.Fatal("a key that was on its way closed it")
	}
	s.clock.now = s.clock.now.Add(dialog.Deaf)
	s.press("esc")
	if s.dialogs.Top() != nil {
		t.Error("it stays deaf")
	}
}

func TestCopies(t *testing.T) {
	for scene, want := range map[string]string{
		"diff":         tuitest.Draft().Diff,
		"diff-command": tuitest.Command().Command,
		"diff-written": "docker compose up -d web",
	} {
		s := find(t, scene).play(t, 80, 24)
		_, cmd := s.Update(stroke("c"))
		if diff := cmp.Diff(want, fmt.Sprint(cmd())); diff != "" {
			t.Errorf("%s: copied (-want +got):\n%s", scene, diff)
		}
		if !strings.Contains(s.plain(), "sent to the clipboard") {
			t.Errorf("%s does not say that it copied:\n%s", scene, s.plain())
		}
	}
}

func TestTheBackgroundIsFollowedUnlessAThemeWasChosen(t *testing.T) {
	for _, tt := range []struct {
		theme    string
		told     color.Color
		wantDark bool
	}{
		{ThemeAuto, nil, true}, {"", color.White, false}, {ThemeAuto, color.White, false}, {ThemeAuto, color.Black, true},
		{ThemeDark, color.White, true}, {ThemeLight, color.Black, false}, {ThemeLight, nil, false},
	} {
		s := loaded(t, tuitest.New(), 80, 24, func(o *Options) { o.Theme = tt.theme })
		s.press("enter")
		dark := s.View().Content
		if tt.told != nil {
			s.send(tea.BackgroundColorMsg{Color: tt.told})
		}
		if s.theme.Dark != tt.wantDark {
			t.Errorf("theme %q, told %v: dark is %v", tt.theme, tt.told, s.theme.Dark)
		}
		if changed := s.View().Content != dark; changed != (tt.theme != ThemeLight && !tt.wantDark) {
			t.Errorf("theme %q, told %v: the screen changed: %v", tt.theme, tt.told, changed)
		}
	}
}

func TestElapsedTime(t *testing.T) {
	s := onWeb(t, 80, 24)
	s.trialing(nil)
	s.tick(75 * time.Second)
	if !strings.Contains(s.plain(), "01:15") {
		t.Errorf("after 75 seconds:\n%s", s.plain())
	}
}
