package theme

import (
	"image/color"
	"math"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// TestGlyphsTellApart: without colour, a glyph must say which state it is, and
// take one cell.
func TestGlyphsTellApart(t *testing.T) {
	th := New(true, false)
	groups := map[string][]Mark{}
	for _, s := range States() {
		groups["states"] = append(groups["states"], th.State(s))
	}
	for _, s := range RunStates() {
		groups["run states"] = append(groups["run states"], th.Run(s))
	}
	for s := CapNeeded; s <= CapUntouched; s++ {
		groups["capabilities"] = append(groups["capabilities"], th.Cap(s))
	}
	groups["verdicts"] = []Mark{th.Verdict(trial.Passed), th.Verdict(trial.Failed), th.Verdict("")}
	groups["strengths"] = []Mark{th.Strength(fix.Proved), th.Strength(fix.Observed), th.Strength(fix.Assumed)}
	for name, marks := range groups {
		seen := map[string]string{}
		for _, m := range marks {
			if ansi.StringWidth(m.Glyph) != 1 || m.Word == "" {
				t.Errorf("%s: glyph %q, word %q", name, m.Glyph, m.Word)
			}
			if other, ok := seen[m.Glyph]; ok {
				t.Errorf("%s: %q is %s and %s", name, m.Glyph, other, m.Word)
			}
			seen[m.Glyph] = m.Word
		}
	}
}

func TestWhatIsNotKnownIsUnknown(t *testing.T) {
	th := New(true, true)
	for _, m := range []Mark{th.State("odd"), th.Run("odd"), th.Verdict("odd"), th.State(inspect.Unknown)} {
		if m.Word != "unknown" || m.Glyph != "?" {
			t.Errorf("an unknown value is drawn as %q %q", m.Glyph, m.Word)
		}
	}
}

// TestContrast holds the text colours against the backgrounds they stand on
// (WCAG 2.2, 1.4.3: 4.5 to 1; 3 to 1 for what can be missed).
func TestContrast(t *testing.T) {
	for _, tt := range []struct {
		name   string
		p      palette
		ground string
	}{{"dark", darkPalette, "#10151c"}, {"black", darkPalette, "#000000"}, {"light", lightPalette, "#ffffff"}} {
		ground := lipgloss.Color(tt.ground)
		for name, c := range map[string]color.Color{
			"accent": tt.p.accent, "muted": tt.p.muted, "good": tt.p.good, "fair": tt.p.fair, "bad": tt.p.bad, "doubt": tt.p.doubt, "calm": tt.p.calm,
		} {
			for on, bg := range map[string]color.Color{"background": ground, "selection": tt.p.selected} {
				if r := contrast(c, bg); r < 4.5 {
					t.Errorf("%s: %s on the %s has a contrast of %.2f", tt.name, name, on, r)
				}
			}
		}
		if r := contrast(tt.p.faint, ground); r < 3 {
			t.Errorf("%s: faint has a contrast of %.2f", tt.name, r)
		}
		if r := contrast(tt.p.accentOn, tt.p.accentGround); r < 4.5 {
			t.Errorf("%s: the name has a contrast of %.2f", tt.name, r)
		}
	}
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(c color.Color) float64 {
	linear := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	r, g, b, _ := c.RGBA()
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
