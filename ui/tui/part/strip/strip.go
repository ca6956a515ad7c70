// Package strip draws the layers of a workload as one glyph each, in the order
// of inspect.Layers, under a header that names them.
package strip

import (
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// Pitch is how many cells a layer takes.
type Pitch int

// The pitches: glyphs side by side under upright names, with a space between
// them under names in two steps, and each under a name of its own.
const (
	Tight  Pitch = 1
	Spaced Pitch = 2
	Named  Pitch = 4
)

// nameWidth is the length of a short name.
const nameWidth = 3

// Width is the number of cells of a strip and of its header.
func (p Pitch) Width() int {
	n := len(inspect.Layers())
	if p == Tight || n == 0 {
		return n
	}
	return (n-1)*int(p) + nameWidth
}

// HeaderLines is how many lines a header takes that names every layer.
func (p Pitch) HeaderLines() int {
	switch p {
	case Tight:
		return nameWidth
	case Spaced:
		return 2
	}
	return 1
}

// Short names a layer in at most three letters. The first is its letter where
// a header has one line; no two layers share it.
func Short(l inspect.Layer) string {
	switch l {
	case inspect.LayerEngine:
		return "hst"
	case inspect.LayerUser:
		return "usr"
	case inspect.LayerCapabilities:
		return "cap"
	case inspect.LayerSeccomp:
		return "sec"
	case inspect.LayerMAC:
		return "mac"
	case inspect.LayerRootFS:
		return "fs"
	case inspect.LayerEscalation:
		return "esc"
	case inspect.LayerBoundary:
		return "bnd"
	case inspect.LayerNetwork:
		return "net"
	case inspect.LayerLimits:
		return "lim"
	case inspect.LayerImage:
		return "img"
	case inspect.LayerProvenance:
		return "prv"
	case inspect.LayerSecrets:
		return "key"
	case inspect.LayerDetection:
		return "det"
	case inspect.LayerRuntime:
		return "run"
	}
	return string([]rune(string(l) + "???")[:nameWidth])
}

// Header names the layers in at most h lines: in full where the pitch needs no
// more than that, else by one letter each.
func Header(t *theme.Theme, p Pitch, h int) block.Block {
	if h < p.HeaderLines() {
		return block.Block{t.Muted.Render(block.Fit(letters(p), p.Width()))}
	}
	grid := make([][]rune, p.HeaderLines())
	for y := range grid {
		grid[y] = []rune(strings.Repeat(" ", p.Width()))
	}
	for i, l := range inspect.Layers() {
		for j, r := range Short(l) {
			x, y := place(p, i, j)
			grid[y][x] = r
		}
	}
	out := make(block.Block, len(grid))
	for y, line := range grid {
		out[y] = t.Muted.Render(string(line))
	}
	return out
}

// place is where letter j of layer i stands.
func place(p Pitch, i, j int) (x, y int) {
	switch p {
	case Tight:
		return i, j
	case Spaced:
		return i*int(p) + j, i % 2
	}
	return i*int(p) + j, 0
}

func letters(p Pitch) string {
	var b strings.Builder
	for _, l := range inspect.Layers() {
		b.WriteString(lead(p) + strings.ToUpper(Short(l)[:1]) + trail(p))
	}
	return b.String()
}

// lead and trail are the spaces around a glyph; the glyph stands under the
// middle of a name of its own, else under its first letter.
func lead(p Pitch) string {
	if p == Named {
		return " "
	}
	return ""
}

func trail(p Pitch) string { return strings.Repeat(" ", int(p)-1-len(lead(p))) }

// Row draws the states. A layer that the audit does not speak of is unknown.
func Row(t *theme.Theme, layers []inspect.LayerState, p Pitch, selected bool) string {
	var b strings.Builder
	used := 0
	all := inspect.Layers()
	for i, l := range all {
		mark := t.State(StateOf(layers, l))
		text := lead(p) + mark.Glyph + trail(p)
		if i == len(all)-1 {
			text = block.Fit(lead(p)+mark.Glyph, p.Width()-used)
		}
		used += int(p)
		b.WriteString(t.On(mark.Style, selected).Render(text))
	}
	return b.String()
}

// StateOf finds a layer's state.
func StateOf(layers []inspect.LayerState, l inspect.Layer) inspect.State {
	for _, s := range layers {
		if s.Layer == l {
			return s.State
		}
	}
	return inspect.Unknown
}

// NameWidth is the length of the longest layer's name.
func NameWidth() int {
	widest := 0
	for _, l := range inspect.Layers() {
		widest = max(widest, len(l))
	}
	return widest
}
