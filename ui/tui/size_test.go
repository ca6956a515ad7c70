package tui

import (
	"math/rand/v2"
	"testing"

	tea "charm.land/bubbletea/v2"

	"bulkhead/ui/tui/tuitest"
)

// TestFits draws every state at every size from very small to large: the screen
// must have exactly its lines, and every line its cells.
func TestFits(t *testing.T) {
	for _, sc := range scenes() {
		t.Run(sc.name, func(t *testing.T) {
			s := sc.play(t, 80, 24)
			for w := 1; w <= 140; w += step(w) {
				// Every third height of each width; the next width has others.
				for h := 1 + w%3; h <= 50; h += 3 * step(h) {
					s.send(tea.WindowSizeMsg{Width: w, Height: h})
					s.forget()
					s.check(sc.name)
				}
			}
		})
	}
}

// step is finer among the small sizes and around where the layout changes.
func step(n int) int {
	if n < 12 || n >= 58 && n < 62 || n >= 98 && n < 102 {
		return 1
	}
	return 4
}

// TestNoSize draws before the terminal has told its size, and without room.
func TestNoSize(t *testing.T) {
	for _, size := range [][2]int{{0, 0}, {0, 10}, {10, 0}, {-1, -1}} {
		for _, sc := range scenes() {
			s := sc.play(t, 80, 24)
			s.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			if got := s.View().Content; got != "" {
				t.Errorf("%s at %v draws %q", sc.name, size, got)
			}
		}
	}
}

// walkKeys are the keys of a random walk; the ones that lead on come often.
var walkKeys = []string{
	"enter", "enter", "t", "w", "y", "n", "esc", "j", "k", "down", "up", "left", "right", "h", "l", "g", "G",
	"home", "end", "pgup", "pgdown", "space", "tab", "shift+tab", "/", "?", "r", "p", "c", "q", "a", "s", "f", "e", "x", "n", "漢", "backspace",
}

// walk types the bytes as keys and sizes, checking the screen after each.
func walk(t *testing.T, moves []byte) {
	b := tuitest.New()
	if len(moves) > 0 && moves[0]%2 == 1 {
		b.Looked = tuitest.Hostile()
	}
	s := newStage(t, b, 80, 24, func(o *Options) {
		if len(moves) > 0 && moves[0]%4 > 1 {
			o.Auditor = tuitest.Each{Backend: b}
		}
	})
	for i, m := range moves {
		switch {
		case m < 200:
			s.send(stroke(walkKeys[int(m)%len(walkKeys)]))
		case m < 220:
			s.send(tea.WindowSizeMsg{Width: int(m)*7%150 + 1, Height: int(m)*3%50 + i%3})
		case m < 240:
			s.tick(tickEvery)
		default:
			s.settle()
		}
		s.check("walk")
	}
}

func FuzzWalk(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 25 {
		moves := make([]byte, 120)
		for i := range moves {
			moves[i] = byte(random.UintN(256))
		}
		f.Add(moves)
	}
	f.Fuzz(func(t *testing.T, moves []byte) { walk(t, moves[:min(len(moves), 400)]) })
}
