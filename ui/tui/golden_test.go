package tui

import (
	"fmt"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
)

// TestScreens compares every state at three sizes, without colour so that the
// files can be read.
func TestScreens(t *testing.T) {
	for _, sc := range scenes() {
		for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}} {
			t.Run(fmt.Sprintf("%s/%dx%d", sc.name, size[0], size[1]), func(t *testing.T) {
				s := sc.play(t, size[0], size[1])
				s.check(sc.name)
				golden.RequireEqual(t, s.plain()+"\n")
			})
		}
	}
}

// TestColours compares what is sent to the terminal, colours and all.
func TestColours(t *testing.T) {
	looks := map[string]func(*Options){
		"dark":    func(o *Options) { o.Theme = ThemeDark },
		"light":   func(o *Options) { o.Theme = ThemeLight },
		"nocolor": func(o *Options) { o.NoColor = true },
	}
	for look, change := range looks {
		for _, name := range []string{"list", "filter-dialog", "detail-running", "engine", "trial-running", "diff", "trial-question"} {
			t.Run(look+"/"+name, func(t *testing.T) {
				s := find(t, name).play(t, 80, 24, change)
				golden.RequireEqual(t, s.View().Content+"\n")
			})
		}
	}
}

// TestNoColor looks for any colour where there must be none.
func TestNoColor(t *testing.T) {
	for _, sc := range scenes() {
		const w, h = 120, 40
		s := sc.play(t, w, h, func(o *Options) { o.NoColor = true })
		screen := cells(s.View().Content, w, h)
		for y := range h {
			for x := range w {
				if c := screen.CellAt(x, y); c != nil && (c.Style.Fg != nil || c.Style.Bg != nil || c.Style.UnderlineColor != nil) {
					t.Fatalf("%s: the cell %q at %d,%d has a colour", sc.name, c.Content, x, y)
				}
			}
		}
	}
}
