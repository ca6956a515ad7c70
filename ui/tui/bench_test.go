package tui

import (
	"testing"

	"bulkhead/ui/tui/tuitest"
)

// BenchmarkThousandWorkloads is one key and the frame after it, on a list of
// 1,000 workloads at 120×40. The bar is 10 ms.
func BenchmarkThousandWorkloads(b *testing.B) {
	backend := &tuitest.Backend{Looked: tuitest.Many(1000)}
	s := loaded(b, backend, 120, 40)
	down, up := stroke("down"), stroke("up")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i/900%2 == 0 {
			s.model.Update(down)
		} else {
			s.model.Update(up)
		}
		s.model.View()
	}
}

// BenchmarkFilterThousandWorkloads is one letter in the filter of that list.
func BenchmarkFilterThousandWorkloads(b *testing.B) {
	s := loaded(b, &tuitest.Backend{Looked: tuitest.Many(1000)}, 120, 40)
	s.press("/")
	letter, back := stroke("w"), stroke("backspace")
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 {
			s.model.Update(letter)
		} else {
			s.model.Update(back)
		}
		s.model.View()
	}
}

// BenchmarkTrialTick is one beat of a running trial: everything that moves.
func BenchmarkTrialTick(b *testing.B) {
	s := find(b, "trial-running").play(b, 120, 40)
	for b.Loop() {
		s.model.Update(ticked(s.clock.now))
		s.model.View()
	}
}
