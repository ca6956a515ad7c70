package tui

import (
	"strings"
	"testing"

	"bulkhead/inspect"
	"bulkhead/ui/tui/tuitest"
)

func (s *stage) says(t *testing.T, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(s.plain(), text) {
			t.Errorf("the screen does not say %q:\n%s", text, s.plain())
		}
	}
}

func (s *stage) saysNot(t *testing.T, unwanted ...string) {
	t.Helper()
	for _, text := range unwanted {
		if strings.Contains(s.plain(), text) {
			t.Errorf("the screen says %q:\n%s", text, s.plain())
		}
	}
}

func TestSeverityCycles(t *testing.T) {
	s := loaded(t, tuitest.New(), 80, 24)
	for _, tt := range []struct{ words, count string }{
		{"worst is low or graver", "6 of 6"}, {"worst is medium or graver", "5 of 6"},
		{"worst is high or graver", "2 of 6"}, {"worst is critical", "1 of 6"},
	} {
		s.press("s")
		s.says(t, tt.words, tt.count, "esc show all")
	}
	s.press("s")
	s.saysNot(t, "worst is", " of 6", "esc show all")
}

func TestLayersAreChosenInADialog(t *testing.T) {
	s := loaded(t, tuitest.New(), 80, 24)
	s.press("f")
	s.says(t, "Filter by layers", "6 of 6 workloads: no layer asked for")
	for _, l := range inspect.Layers()[:10] {
		s.says(t, "[ ] "+string(l))
	}
	// Layers alone mean what is open or partly.
	s.press("tab", "down", "down", "space")
	s.says(t, "[x] seccomp", "2 of 6 workloads: open or partly in seccomp")
	s.press("esc")
	s.saysNot(t, "in seccomp")
	s.press("f", "tab", "down", "down", "space", "enter")
	s.says(t, "open or partly in seccomp", "2 of 6", "► admin", "► web")
	s.saysNot(t, "► ping")
	s.press("f")
	s.says(t, "[x] ○ open", "[x] ◐ partly", "[x] seccomp")
	s.press("c", "enter")
	s.saysNot(t, "in seccomp", " of 6")
}

func TestEscClearsEveryFilter(t *testing.T) {
	s := find(t, "filter-all").play(t, 80, 24)
	s.says(t, "/ lab", "worst is medium or graver, and open or partly in capabilities or", "network", "4 of 6")
	s.press("esc")
	s.saysNot(t, "/ lab", "worst is", "in capabilities", " of 6")
	s.says(t, "pg-staging")
}

// TestFilterSurvivesAReload: what was asked for is still asked for.
func TestFilterSurvivesAReload(t *testing.T) {
	b := tuitest.New()
	s := loaded(t, b, 80, 24)
	s.press("s", "s", "s", "down")
	b.Looked.Workloads = b.Looked.Workloads[:4]
	s.press("r")
	s.says(t, "worst is high or graver", "2 of 4", "▌ ► web")
}
