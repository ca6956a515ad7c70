package scroll

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/theme"
)

func text(n int) block.Block {
	out := make(block.Block, n)
	for i := range out {
		out[i] = fmt.Sprintf("line %d", i)
	}
	return out
}

func TestPress(t *testing.T) {
	keys := keymap.NewMove()
	plain := theme.New(true, false)
	for _, tt := range []struct {
		keys string
		want int
	}{
		{"j", 1}, {"jjk", 1}, {"k", 0}, {"G", 16}, {"Gg", 0}, {" ", 3}, {"G ", 16}, {"x", 0},
	} {
		var w Window
		w.Draw(plain, text(20), 20, 4)
		for _, r := range tt.keys {
			msg := tea.KeyPressMsg{Code: r, Text: string(r)}
			if r == ' ' {
				msg.Code = tea.KeySpace
			}
			w.Press(msg, keys)
		}
		if w.Offset != tt.want {
			t.Errorf("%q scrolls to %d, want %d", tt.keys, w.Offset, tt.want)
		}
	}
}

func TestDrawFollowsTheSize(t *testing.T) {
	plain := theme.New(true, false)
	var w Window
	w.Draw(plain, text(20), 20, 4)
	w.End()
	if got := w.Draw(plain, text(20), 20, 10); !strings.HasPrefix(got[9], "line 19") {
		t.Errorf("a larger window ends with %q", got[9])
	}
	if got := w.Draw(plain, text(3), 20, 10); !strings.HasPrefix(got[0], "line 0") || w.Scrolls() {
		t.Errorf("a text that fits begins with %q", got[0])
	}
	for _, line := range w.Draw(plain, text(30), 20, 10) {
		if n := block.Width(line); n != 20 {
			t.Errorf("%q has %d cells", line, n)
		}
	}
}
