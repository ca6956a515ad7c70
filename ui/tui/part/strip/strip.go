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

// The pitches: glyphs side by side, with a space between them, and under
// abbreviations of three letters.
const (
	Tight  Pitch = 1
	Spaced Pitch = 2
	Named  Pitch = 4
)

// Width is the number of cells of a strip.
func (p Pitch) Width() int {
	n := len(inspect.Layers())
	return n*int(p) - min(int(p)-1, 1)
}

// Short names a layer in three letters, whose first one is its letter in the
// narrower headers.
func Short(l inspect.Layer) string {
	switch l {
	case inspect.LayerUser:
		return "usr"
	case inspect.LayerCapabilities:
		return "cap"
	case inspect.LayerSeccomp:
		return "sec"
	case inspect.LayerRootFS:
		return "rfs"
	case inspect.LayerEscalation:
		return "esc"
	case inspect.LayerBoundary:
		return "bnd"
	case inspect.LayerNetwork:
		return "net"
	case inspect.LayerLimits:
		return "lim"
	}
	return block.Fit(string(l), 3)
}

// Header names the layers.
func Header(t *theme.Theme, p Pitch) string {
	var b strings.Builder
	for i, l := range inspect.Layers() {
		name := strings.ToUpper(Short(l)[:1])
		if p == Named {
			name = Short(l)
		}
		if i > 0 && p != Tight {
			b.WriteByte(' ')
		}
		b.WriteString(name)
	}
	return t.Muted.Render(b.String())
}

// Row draws the states. A layer that the audit does not speak of is unknown.
func Row(t *theme.Theme, layers []inspect.LayerState, p Pitch, selected bool) string {
	before, after := "", ""
	switch p {
	case Spaced:
		after = " "
	case Named:
		before, after = " ", "  "
	}
	var b strings.Builder
	all := inspect.Layers()
	for i, l := range all {
		mark := t.State(StateOf(layers, l))
		text := before + mark.Glyph
		if i < len(all)-1 {
			text += after
		} else if p == Named {
			text += " "
		}
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
