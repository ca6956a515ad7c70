package dialog

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

func press(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r, Text: string(r)} }

func TestOnlyTheTopGetsKeys(t *testing.T) {
	var s Stack
	lower, upper := NewConfirm("a", "Lower?", nil, "yes", "no"), NewConfirm("b", "Upper?", nil, "yes", "no")
	lower.Yes, upper.Yes = "lower", "upper"
	s.Open(lower)
	s.Open(upper)
	now := time.Time{}
	for _, want := range []any{"upper", "lower", nil} {
		if got := s.Press(press('y'), now); got != want {
			t.Errorf("y answers %v, want %v", got, want)
		}
	}
	if s.Top() != nil {
		t.Error("a dialog is left")
	}
}

func TestDrop(t *testing.T) {
	var s Stack
	a, b := NewConfirm("a", "A?", nil, "yes", "no"), NewConfirm("b", "B?", nil, "yes", "no")
	s.Open(a)
	s.Open(b)
	s.Drop(func(d Dialog) bool { return d == a })
	if s.Top() != b {
		t.Error("the wrong one was dropped")
	}
	if s.Press(press('n'), time.Time{}); s.Top() != nil {
		t.Error("the dropped one is still there")
	}
}

// TestOverWideRunes lays a box over wide runes at every offset: none may be cut
// in half.
func TestOverWideRunes(t *testing.T) {
	plain := theme.New(true, false)
	for w := 10; w < 60; w++ {
		page := make(block.Block, 12)
		for i := range page {
			page[i] = block.Fit(strings.Repeat("x", i%3)+strings.Repeat("漢字", 40), w)
		}
		out := Over(plain, NewConfirm("a", "Stop?", []string{"It is 漢字."}, "stop", "go on"), page, w, 12)
		if len(out) != 12 {
			t.Fatalf("%d lines", len(out))
		}
		for _, line := range out {
			if n := block.Width(line); n != w {
				t.Fatalf("in %d cells: %q has %d", w, ansi.Strip(line), n)
			}
		}
	}
}

// TestAChoiceWithoutOptions has a body of its own height at every height.
func TestAChoiceWithoutOptions(t *testing.T) {
	plain := theme.New(true, false)
	for h := range 8 {
		c := NewChoice("Pick", Column{Title: "Drop"}, Column{Title: "Close"})
		if got := c.Body(plain, 40, h); len(got) > h {
			t.Errorf("%d lines where there is room for %d", len(got), h)
		}
	}
}
