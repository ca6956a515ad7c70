package strip

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// TestEveryGlyphStandsUnderItsName draws each layer as the only open one and
// looks above its glyph for its name or letter.
func TestEveryGlyphStandsUnderItsName(t *testing.T) {
	plain := theme.New(true, false)
	for i, l := range inspect.Layers() {
		row := []rune(ansi.Strip(Row(plain, []inspect.LayerState{{Layer: l, State: inspect.Open}}, Tight, false)))
		if row[i] != '○' {
			t.Fatalf("%s is not glyph %d of %q", l, i, string(row))
		}
		for _, p := range []Pitch{Tight, Spaced, Named} {
			line := []rune(ansi.Strip(Row(plain, []inspect.LayerState{{Layer: l, State: inspect.Open}}, p, false)))
			x := strings.IndexRune(string(line), '○')
			x = len([]rune(string(line)[:x]))
			if got := above(Header(plain, p, 9), p, x); got != Short(l) {
				t.Errorf("pitch %d: over the glyph of %s stands %q", p, l, got)
			}
			letter := []rune(ansi.Strip(Header(plain, p, 1)[0]))
			if p != Named && string(letter[x]) != strings.ToUpper(Short(l)[:1]) {
				t.Errorf("pitch %d: over the glyph of %s stands the letter %q", p, l, letter[x])
			}
		}
	}
}

// above reads the name that belongs to cell x of a header.
func above(header block.Block, p Pitch, x int) string {
	if p == Tight {
		name := ""
		for _, line := range header {
			name += string([]rune(ansi.Strip(line))[x])
		}
		return strings.TrimSpace(name)
	}
	if p == Named {
		x--
	}
	name := ""
	for _, line := range header {
		cells := []rune(ansi.Strip(line))
		if x > 0 && cells[x-1] != ' ' || cells[x] == ' ' {
			continue
		}
		name, _, _ = strings.Cut(string(cells[x:]), " ")
	}
	return name
}

func TestWidths(t *testing.T) {
	plain := theme.New(true, false)
	for _, p := range []Pitch{Tight, Spaced, Named} {
		for h := 1; h <= 4; h++ {
			header := Header(plain, p, h)
			if len(header) > h {
				t.Errorf("pitch %d: %d lines in %d", p, len(header), h)
			}
			for _, line := range append(header, Row(plain, nil, p, true)) {
				if got := block.Width(line); got != p.Width() {
					t.Errorf("pitch %d: %q has %d cells, Width says %d", p, ansi.Strip(line), got, p.Width())
				}
			}
		}
	}
}

// TestNamesTellApart: a layer must not be mistaken for another by its short
// name, nor by its letter.
func TestNamesTellApart(t *testing.T) {
	seen := map[string]inspect.Layer{}
	for _, l := range append(inspect.Layers(), inspect.LayerEngine) {
		name := Short(l)
		for _, key := range []string{name, "letter " + name[:1]} {
			if other, ok := seen[key]; ok {
				t.Errorf("%s and %s share %q", l, other, key)
			}
			seen[key] = l
		}
		if len(name) > nameWidth || strings.ContainsAny(name, "?…") {
			t.Errorf("%s is called %q", l, name)
		}
	}
}

func TestWordsNameEveryLayer(t *testing.T) {
	plain := theme.New(true, false)
	layers := []inspect.LayerState{
		{Layer: inspect.LayerUser, State: inspect.Closed}, {Layer: inspect.LayerSeccomp, State: inspect.NotApplicable},
		{Layer: inspect.LayerNetwork, State: inspect.Open},
	}
	for _, w := range []int{36, 58, 78} {
		text := ansi.Strip(Words(plain, layers, w).String())
		all := strings.Join(strings.Fields(text), " ")
		for _, l := range inspect.Layers() {
			if !strings.Contains(all, string(l)) {
				t.Errorf("in %d cells %s is not named:\n%s", w, l, text)
			}
		}
		for _, want := range []string{"○ open network", "● closed user", "· n/a seccomp", "? unknown capabilities,"} {
			if !strings.Contains(all, want) {
				t.Errorf("in %d cells it does not say %q:\n%s", w, want, text)
			}
		}
	}
}
