package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/ui/tui/part/keymap"
)

// TestFooterAndHelpAgree holds the footer on the screen against the key map that
// the help is drawn from, in every state.
func TestFooterAndHelpAgree(t *testing.T) {
	for _, sc := range scenes() {
		s := sc.play(t, 200, 60)
		lines := strings.Split(s.plain(), "\n")
		footer := lines[len(lines)-1]
		keys := s.model.keys()
		help := ansi.Strip(keymap.Help(s.theme, keys).String())
		shown := 0
		for _, item := range strings.Split(strings.TrimSpace(footer), "   ") {
			label, does, ok := strings.Cut(strings.TrimSpace(item), " ")
			if !ok {
				t.Fatalf("%s: the footer %q has %q", sc.name, footer, item)
			}
			shown++
			if !helpSays(help, label, does) {
				t.Errorf("%s: the footer says %q, the help does not:\n%s", sc.name, item, help)
			}
		}
		if want := len(keys.Footer()); shown != want {
			t.Errorf("%s: the footer shows %d of %d keys: %q", sc.name, shown, want, footer)
		}
	}
}

// helpSays finds a line of the help with that key and what it does.
func helpSays(help, label, does string) bool {
	for _, line := range strings.Split(help, "\n") {
		fields := strings.Fields(line)
		if len(fields) > 1 && (fields[0] == label || strings.HasPrefix(fields[0], label+"/")) &&
			strings.Join(fields[1:], " ") == does {
			return true
		}
	}
	return false
}

// TestHelpIsOfThePage opens the help on every page and looks for its keys.
func TestHelpIsOfThePage(t *testing.T) {
	for scene, want := range map[string]string{
		"list": "filter", "detail": "try it on a copy", "trial-running": "next pane", "diff": "copy the diff",
	} {
		s := find(t, scene).play(t, 120, 50)
		s.press("?")
		if !strings.Contains(s.plain(), want) || !strings.Contains(s.plain(), "clean up and quit") {
			t.Errorf("the help of %s does not say %q:\n%s", scene, want, s.plain())
		}
	}
}

// TestNoKeyMeansTwoThings looks for two bindings of one map that share a key.
func TestNoKeyMeansTwoThings(t *testing.T) {
	for _, sc := range scenes() {
		s := sc.play(t, 80, 24)
		seen := map[string]string{}
		for _, g := range s.top().Keys() {
			for _, k := range g.Keys {
				if !k.Enabled() {
					continue
				}
				for _, name := range k.Keys() {
					if other, ok := seen[name]; ok {
						t.Errorf("%s: %s means %q and %q", sc.name, name, other, k.Help().Desc)
					}
					seen[name] = k.Help().Desc
				}
			}
		}
	}
}
