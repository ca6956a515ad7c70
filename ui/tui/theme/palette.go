package theme

import "image/color"

import "charm.land/lipgloss/v2"

// palette names every colour by what it says. A nil colour is the terminal's
// own.
type palette struct {
	accent, accentOn, accentGround color.Color
	muted, faint, line             color.Color
	selected                       color.Color
	good, fair, bad, doubt, calm   color.Color
	added, removed                 color.Color
}

// The colours keep a contrast of 4.5 to 1 against #10151c and #ffffff, faint
// and line excepted: they carry nothing that is not said elsewhere too.
var (
	darkPalette = palette{
		accent: lipgloss.Color("#6cc7c1"), accentOn: lipgloss.Color("#e9fbf9"), accentGround: lipgloss.Color("#1c5f63"),
		muted: lipgloss.Color("#93a1b1"), faint: lipgloss.Color("#75828f"), line: lipgloss.Color("#34404c"),
		selected: lipgloss.Color("#1d2a34"),
		good:     lipgloss.Color("#8fd18a"), fair: lipgloss.Color("#e8c168"), bad: lipgloss.Color("#f28b78"),
		doubt: lipgloss.Color("#b9a3f2"), calm: lipgloss.Color("#82b6f0"),
		added: lipgloss.Color("#1c3226"), removed: lipgloss.Color("#3a2226"),
	}
	lightPalette = palette{
		accent: lipgloss.Color("#0a7570"), accentOn: lipgloss.Color("#ffffff"), accentGround: lipgloss.Color("#0f6f6c"),
		muted: lipgloss.Color("#566270"), faint: lipgloss.Color("#6f7b88"), line: lipgloss.Color("#ccd4db"),
		selected: lipgloss.Color("#e1f0ef"),
		good:     lipgloss.Color("#2a7a32"), fair: lipgloss.Color("#8a6100"), bad: lipgloss.Color("#bf3325"),
		doubt: lipgloss.Color("#6a45b0"), calm: lipgloss.Color("#1d68b3"),
		added: lipgloss.Color("#e2f5e4"), removed: lipgloss.Color("#fbe6e3"),
	}
)
