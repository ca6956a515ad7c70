package keymap

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/ui/tui/theme"
)

func sample() Map {
	off := Bind("x", "switched off", "x")
	off.SetEnabled(false)
	return Map{
		{"One", []Key{Shown(Bind("enter/l", "open", "enter", "l")), Hidden(Bind("g", "first", "g")), Shown(off)}},
		{"Two", []Key{Shown(Bind("/", "filter", "/")), Shown(Bind("?", "help", "?"))}},
	}
}

func TestFooterLeavesOutWhatDoesNotFitButNeverHelp(t *testing.T) {
	plain := theme.New(true, false)
	for _, tt := range []struct {
		w    int
		want string
	}{
		{60, "enter open   / filter   ? help"},
		{30, "enter open   / filter   ? help"},
		{29, "enter open  / filter  ? help"},
		{27, "enter open  ? help"},
		{12, "? help"},
		{4, "? h…"},
		{0, ""},
	} {
		if got := strings.TrimRight(ansi.Strip(Footer(plain, sample(), tt.w)), " "); got != tt.want {
			t.Errorf("in %d cells: %q, want %q", tt.w, got, tt.want)
		}
	}
}

func TestHelpShowsTheHiddenAndNotTheDisabled(t *testing.T) {
	help := ansi.Strip(Help(theme.New(true, false), sample()).String())
	if !strings.Contains(help, "first") || strings.Contains(help, "switched off") {
		t.Errorf("the help is\n%s", help)
	}
}
