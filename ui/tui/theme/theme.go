// Package theme decides how everything looks: it is the only package of the
// terminal UI that makes styles, and the only one that imports Lip Gloss. What
// a thing means (a layer's state, a severity, a verdict) becomes a Mark, which
// has a glyph, a word and a colour, so that colour never speaks alone. A theme
// without colour says everything with glyphs, words, bold and reverse.
package theme

import (
	"image/color"

	"charm.land/bubbles/v2/textinput"
	"charm.land/lipgloss/v2"
)

// Style is a Lip Gloss style, under a name that spares the other packages the
// import.
type Style = lipgloss.Style

// Theme is a set of styles for one background. It does not change once made.
type Theme struct {
	// Dark and Color say what the theme was made for.
	Dark, Color bool

	// Text is ordinary, Strong stands out, Muted stands back, Faint can be
	// missed without loss.
	Text, Strong, Muted, Faint Style
	// Accent marks what can be acted on; Brand is the program's name.
	// Tab is the title of the pane that is shown of several.
	Accent, Title, Brand, Tab Style
	// Line draws rules and borders, Frame the borders of dialogs.
	Line, Frame Style
	// Good, Fair, Bad, Doubt and Calm are the five tones of judgement.
	Good, Fair, Bad, Doubt, Calm Style
	// Done and Alarm head what ended well and what failed.
	Done, Alarm Style
	// Key and Hint are a footer's key and what it does.
	Key, Hint Style
	// Added and Removed are the lines of a diff, AddedMark and RemovedMark
	// their signs.
	Added, Removed, AddedMark, RemovedMark Style

	selected color.Color
}

// New makes a theme for a dark or light background, with or without colour.
func New(dark, colored bool) *Theme {
	p := lightPalette
	if dark {
		p = darkPalette
	}
	if !colored {
		p = palette{}
	}
	plain := lipgloss.NewStyle().TabWidth(lipgloss.NoTabConversion)
	tone := func(c color.Color) Style {
		if c == nil {
			return plain
		}
		return plain.Foreground(c)
	}
	on := func(s Style, c color.Color) Style {
		if c == nil {
			return s
		}
		return s.Background(c)
	}
	t := &Theme{
		Dark: dark, Color: colored,
		Text: plain, Strong: plain.Bold(true), Muted: tone(p.muted), Faint: tone(p.faint),
		Accent: tone(p.accent), Title: tone(p.accent).Bold(true),
		Line: tone(p.line), Frame: tone(p.accent),
		Good: tone(p.good), Fair: tone(p.fair), Bad: tone(p.bad), Doubt: tone(p.doubt), Calm: tone(p.calm),
		Done: tone(p.good).Bold(true), Alarm: tone(p.bad).Bold(true),
		Tab: tone(p.accent).Bold(true).Underline(true).UnderlineSpaces(true),
		Key: plain.Bold(true), Hint: tone(p.muted),
		Added: on(plain, p.added), Removed: on(plain, p.removed),
		AddedMark: on(tone(p.good), p.added), RemovedMark: on(tone(p.bad), p.removed),
		selected: p.selected,
	}
	if colored {
		t.Brand = plain.Bold(true).Foreground(p.accentOn).Background(p.accentGround)
	} else {
		t.Brand = plain.Bold(true).Reverse(true)
		t.Faint = plain.Faint(true)
	}
	return t
}

// On returns the style as it looks on the selected line.
func (t *Theme) On(s Style, selected bool) Style {
	if !selected || t.selected == nil {
		return s
	}
	return s.Background(t.selected)
}

// Input returns the styles of a text field.
func (t *Theme) Input() textinput.Styles {
	state := textinput.StyleState{
		Text: t.Text, Placeholder: t.Faint, Suggestion: t.Faint, Prompt: t.Accent,
	}
	styles := textinput.Styles{Focused: state, Blurred: state}
	styles.Cursor.Color = t.Accent.GetForeground()
	return styles
}
