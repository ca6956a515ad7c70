package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/tui/page/list"
	"bulkhead/ui/tui/tuitest"
	"bulkhead/ui/workbench"
)

// readAll scrolls a page from its beginning to its end and returns all that was
// seen.
func (s *stage) readAll() string {
	s.press("home")
	seen := ""
	for range 400 {
		before := s.plain()
		seen += before + "\n"
		s.press("down")
		if s.plain() == before {
			return seen
		}
	}
	s.t.Fatal("the page does not end")
	return ""
}

// TestEveryStateCanBeReadInWords at every width: each layer with its word.
func TestEveryStateCanBeReadInWords(t *testing.T) {
	for _, size := range [][2]int{{44, 16}, {60, 16}, {80, 24}, {100, 30}, {120, 40}} {
		s := onWeb(t, size[0], size[1])
		s.press("enter")
		seen := s.readAll()
		for _, l := range tuitest.Audit().Workloads[0].Layers {
			found := false
			for _, line := range strings.Split(seen, "\n") {
				found = found || strings.Contains(line, " "+string(l.Layer)+" ─") && strings.Contains(line, s.theme.State(l.State).Word)
			}
			if !found {
				t.Errorf("at %v the detail does not say that %s is %s", size, l.Layer, l.State)
			}
		}
		for _, want := range []string{"running now", "4711", "(started by exec)", "▲ high: A running process", "severity"} {
			if !strings.Contains(seen, want) {
				t.Errorf("at %v the detail does not say %q", size, want)
			}
		}
	}
}

func TestTheEnginePageSaysAllItKnows(t *testing.T) {
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}} {
		s := loaded(t, tuitest.New(), size[0], size[1])
		s.press("e")
		seen := s.readAll()
		h := tuitest.Host()
		for _, want := range []string{
			h.Name, h.Version, h.APIVersion, h.Kernel, h.StorageDriver, "version " + h.CgroupVersion, h.LogDriver, "AppArmor",
			"Root inside is root on the host", "icc", "live-restore", "? 1 could not be read", "ada", "is not known",
		} {
			if !strings.Contains(seen, want) {
				t.Errorf("at %v the engine page does not say %q", size, want)
			}
		}
		s.press("esc")
		if len(s.pages) != 1 {
			t.Errorf("esc led to %s", s.crumbs())
		}
	}
}

func TestPagesFollowAReload(t *testing.T) {
	b := tuitest.New()
	s := loaded(t, b, 80, 24)
	s.press("e")
	b.Looked.Host.Version, b.Looked.Host.Detection = "30.0.1", "Falco"
	s.press("r")
	s.says(t, "30.0.1")
	s.press("end")
	s.says(t, "Falco watches")
	s.press("esc", "enter")
	s.says(t, "The main process starts as root.")
	later := tuitest.Audit()
	for i := range later.Workloads {
		later.Workloads[i].Layers[0].Reason = "It is an ordinary user now."
	}
	s.send(list.Loaded{Audit: later})
	s.says(t, "It is an ordinary user now.")
	s.send(list.Loaded{Audit: workbench.Audit{Host: later.Host}})
	s.says(t, "It is an ordinary user now.")
}

func TestWrittenLeadsBackToTheListAndShowsTheNewAudit(t *testing.T) {
	s := find(t, "diff-written").play(t, 80, 24)
	s.says(t, "esc to the list")
	s.press("esc")
	if len(s.pages) != 1 {
		t.Errorf("esc led to %s", s.crumbs())
	}
	s.says(t, "▌ ► web")
}

// TestTwoEscapesAtOnce come as one with alt.
func TestTwoEscapesAtOnce(t *testing.T) {
	s := proved(t, 80, 24)
	s.send(tea.KeyPressMsg{Code: tea.KeyEscape, Mod: tea.ModAlt})
	if len(s.pages) != 1 {
		t.Errorf("two escapes led to %s", s.crumbs())
	}
}

func TestAReloadKeepsThePlace(t *testing.T) {
	b := &tuitest.Backend{Looked: tuitest.Many(60)}
	s := loaded(t, b, 80, 24)
	s.press("end", "up", "up", "up")
	before := s.plain()
	s.press("r")
	if s.plain() != before {
		t.Errorf("a reload moved the list:\n%s\nbefore:\n%s", s.plain(), before)
	}
	// The selected workload vanishes: the one that takes its place is selected.
	s.press("down")
	next := s.selectedName()
	s.press("up")
	name := s.selectedName()
	b.Looked.Workloads = slices.DeleteFunc(b.Looked.Workloads, func(a inspect.Audited) bool { return a.Workload.Service == name })
	s.press("r")
	if got := s.selectedName(); got != next {
		t.Errorf("after %q vanished %q is selected, want %q", name, got, next)
	}
}

// selectedName is the name on the line of the cursor.
func (s *stage) selectedName() string {
	for _, line := range strings.Split(s.plain(), "\n") {
		if rest, ok := strings.CutPrefix(line, " ▌ "); ok {
			return strings.Fields(rest)[1]
		}
	}
	s.t.Fatalf("nothing is selected:\n%s", s.plain())
	return ""
}

// TestTheSelectedStepsPurposeIsShownInFull however long it is, at every width.
func TestTheSelectedStepsPurposeIsShownInFull(t *testing.T) {
	for _, w := range []int{40, 60, 80, 120} {
		s := onWeb(t, w, 40)
		s.trialing(tuitest.EventsUntil(8))
		s.press("g", "down", "down")
		purpose := ""
		for _, e := range tuitest.Events() {
			if e.Kind == trial.StepStarted && e.Step.N == 3 {
				purpose = e.Step.Purpose
			}
		}
		all := strings.Join(strings.Fields(s.plain()), " ")
		for _, word := range strings.Fields(fmt.Sprintf("Step 3: %s", purpose)) {
			if !strings.Contains(all, word) {
				t.Errorf("in %d columns %q is cut:\n%s", w, word, s.plain())
			}
		}
	}
}
