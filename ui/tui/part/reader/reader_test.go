package reader

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

func text(t *theme.Theme) Text {
	var x Text
	for _, name := range []string{"one", "two", "three", "four"} {
		lines := block.Block{}
		for i := range 5 {
			lines = append(lines, fmt.Sprintf("%s line %d", name, i))
		}
		x.Add(name, t.Clean(), lines)
	}
	return x
}

func TestJumps(t *testing.T) {
	plain := theme.New(true, false)
	x := text(plain)
	keys := NewKeys("chapter")
	next, previous, down := tea.KeyPressMsg{Code: tea.KeyTab}, tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}, tea.KeyPressMsg{Code: tea.KeyDown}
	for _, tt := range []struct {
		keys []tea.KeyPressMsg
		want string
	}{
		{nil, "one line 0"},
		{[]tea.KeyPressMsg{next}, "two line 0"},
		{[]tea.KeyPressMsg{next, down}, "two line 1"},
		{[]tea.KeyPressMsg{next, down, previous}, "two line 0"},
		{[]tea.KeyPressMsg{next, previous, previous}, "one line 0"},
		{[]tea.KeyPressMsg{next, next, next, next, next}, "four line 0"},
	} {
		var r Reader
		r.Measure(x, 5)
		for _, k := range tt.keys {
			if !r.Press(k, keys, x) {
				t.Errorf("%s is no key of it", k)
			}
		}
		if got := strings.TrimRight(ansi.Strip(r.Draw(plain, x, 20, 5)[0]), " ┃│"); got != tt.want {
			t.Errorf("%v shows %q first, want %q", tt.keys, got, tt.want)
		}
	}
}

// TestTheIndexShowsWhatIsRead at any height, however many chapters there are.
func TestTheIndexShowsWhatIsRead(t *testing.T) {
	plain := theme.New(true, false)
	x := text(plain)
	keys := NewKeys("chapter")
	for h := 1; h < 12; h++ {
		var r Reader
		r.Measure(x, h)
		for _, name := range []string{"one", "two", "three"} {
			if got := ansi.Strip(r.Beside(plain, x, block.Block{"head", ""}, 80, h).String()); !strings.Contains(got, "▌ "+name+" ") {
				t.Errorf("in %d lines the index does not mark %s:\n%s", h, name, got)
			}
			r.Press(tea.KeyPressMsg{Code: tea.KeyTab}, keys, x)
		}
	}
}

func TestAnEmptyTextTakesKeys(t *testing.T) {
	var r Reader
	r.Press(tea.KeyPressMsg{Code: tea.KeyTab}, NewKeys("chapter"), Text{})
	if got := r.Draw(theme.New(true, false), Text{}, 4, 2); len(got) != 2 {
		t.Errorf("it draws %q", got)
	}
}
