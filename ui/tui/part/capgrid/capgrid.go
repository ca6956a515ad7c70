// Package capgrid draws what a trial knows of each capability the workload is
// granted.
package capgrid

import (
	"fmt"
	"strings"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// cell is the room of one capability: a glyph, a space, the longest usual name
// (NET_BIND_SERVICE) and a gap.
const cell = 20

// Of says what the grid knows of a capability.
func Of(g trial.Grid, c inspect.CapSet) theme.CapState {
	switch {
	case g.Needed.Has(c):
		return theme.CapNeeded
	case g.Unneeded.Has(c):
		return theme.CapUnneeded
	case g.Testing.Has(c):
		return theme.CapTesting
	}
	return theme.CapUntouched
}

// Columns is how many capabilities stand side by side in w cells.
func Columns(w int) int { return max(1, (w+2)/cell) }

// Rows is how many lines the grid takes in w cells.
func Rows(g trial.Grid, w int) int {
	n := Columns(w)
	return (g.Granted.Len() + n - 1) / n
}

// Draw draws the grid, column by column in the order of the names. spin stands
// for the glyph of what is being tested.
func Draw(t *theme.Theme, g trial.Grid, w int, spin string) block.Block {
	caps := g.Granted.Each()
	if len(caps) == 0 {
		return block.Block{t.Muted.Render("No capability is granted.")}
	}
	rows := Rows(g, w)
	columns := Columns(w)
	out := make(block.Block, rows)
	for r := range out {
		var line strings.Builder
		for c := 0; c < columns; c++ {
			i := c*rows + r
			if i >= len(caps) {
				break
			}
			text := one(t, g, caps[i], spin)
			if c < columns-1 {
				text = block.Fit(text, cell)
			}
			line.WriteString(text)
		}
		out[r] = block.Fit(line.String(), w)
	}
	return out
}

func one(t *theme.Theme, g trial.Grid, c inspect.CapSet, spin string) string {
	mark := t.Cap(Of(g, c))
	if Of(g, c) == theme.CapTesting && spin != "" {
		mark.Glyph = spin
	}
	mark.Word = block.Clean(c.String())
	return mark.String()
}

// Legend says what the glyphs mean, and how many there are of each that occurs.
func Legend(t *theme.Theme, g trial.Grid, w int, spin string) block.Block {
	rest := g.Granted.Without(g.Needed.Union(g.Unneeded).Union(g.Testing))
	counts := []struct {
		state theme.CapState
		set   inspect.CapSet
	}{{theme.CapNeeded, g.Needed}, {theme.CapUnneeded, g.Unneeded}, {theme.CapTesting, g.Testing}, {theme.CapUntouched, rest}}
	var out block.Block
	line := ""
	for _, c := range counts {
		if c.set == 0 {
			continue
		}
		m := t.Cap(c.state)
		if c.state == theme.CapTesting && spin != "" {
			m.Glyph = spin
		}
		item := m.Dot() + t.Muted.Render(fmt.Sprintf(" %d %s", c.set.Len(), m.Word))
		switch {
		case line == "":
			line = item
		case block.Width(line)+2+block.Width(item) <= w:
			line += "  " + item
		default:
			out, line = append(out, line), item
		}
	}
	return append(out, line)
}
