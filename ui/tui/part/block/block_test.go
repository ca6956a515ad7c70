package block

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFit(t *testing.T) {
	for _, tt := range []struct {
		text string
		w    int
		want string
	}{
		{"web", 5, "web  "},
		{"web", 3, "web"},
		{"bulkhead", 5, "bulk…"},
		{"bulkhead", 1, "…"},
		{"bulkhead", 0, ""},
		{"bulkhead", -1, ""},
		{"漢字漢字", 5, "漢字…"},
		{"漢字漢字", 4, "漢… "},
		{"\x1b[1mbulkhead\x1b[m", 5, "\x1b[1mbulk…\x1b[m"},
	} {
		if got := Fit(tt.text, tt.w); got != tt.want {
			t.Errorf("Fit(%q, %d) = %q, want %q", tt.text, tt.w, got, tt.want)
		}
	}
}

func TestFitLeft(t *testing.T) {
	for _, tt := range []struct {
		text string
		w    int
		want string
	}{
		{"/srv/compose.yaml", 13, "…compose.yaml"},
		{"/a", 4, "/a  "},
		{"abc", 0, ""},
	} {
		if got := FitLeft(tt.text, tt.w); got != tt.want {
			t.Errorf("FitLeft(%q, %d) = %q, want %q", tt.text, tt.w, got, tt.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		text string
		w    int
		want Block
	}{
		{"it needs --copy-volumes", 12, Block{"it needs", "--copy-volum", "es"}},
		{"one two three", 7, Block{"one two", "three"}},
		{"", 7, Block{""}},
		{"abc", 0, nil},
		{"漢字漢字 x", 4, Block{"漢字", "漢字", "x"}},
	} {
		if diff := cmp.Diff(tt.want, Wrap(tt.text, tt.w)); diff != "" {
			t.Errorf("Wrap(%q, %d) (-want +got):\n%s", tt.text, tt.w, diff)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, tt := range []struct {
		w    int
		want string
	}{{12, "left   right"}, {11, "left  right"}, {10, "left      "}, {3, "le…"}} {
		if got := Spread("left", "right", tt.w); got != tt.want {
			t.Errorf("Spread in %d = %q, want %q", tt.w, got, tt.want)
		}
	}
}

func TestClean(t *testing.T) {
	if got, want := Clean("a\x1b[2J❤️\n"), "a␛[2J❤�"; got != want {
		t.Errorf("Clean = %q, want %q", got, want)
	}
}

// FuzzSizes holds every way of cutting to the size it was given.
func FuzzSizes(f *testing.F) {
	for _, s := range []string{"", "web", "漢字 one two", "a\u0301\u0302b", "👩‍👩‍👧 family", strings.Repeat("x", 90)} {
		for _, w := range []int{0, 1, 2, 7, 40} {
			f.Add(s, w)
		}
	}
	f.Fuzz(func(t *testing.T, s string, w int) {
		s, w = Clean(s), w%200
		want := max(0, w)
		if got := Width(Fit(s, w)); got != want {
			t.Errorf("Fit(%q, %d) has %d cells", s, w, got)
		}
		if got := Width(FitLeft(s, w)); got != want {
			t.Errorf("FitLeft(%q, %d) has %d cells", s, w, got)
		}
		// A rune of two cells does not go into one.
		for _, line := range append(Wrap(s, w), Hard(s, w)...) {
			if Width(line) > max(2, w) {
				t.Errorf("%q wrapped to %d has the line %q", s, w, line)
			}
		}
	})
}
