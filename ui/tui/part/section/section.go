// Package section draws the headings that divide a page.
package section

import (
	"strings"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// Head is a title, a rule to the end of the line, and a note at its end where
// there is room.
func Head(t *theme.Theme, title, note string, w int) string {
	left := t.Title.Render(title) + " "
	right := ""
	if note != "" && block.Width(title)+block.Width(note)+6 <= w {
		right = " " + t.Muted.Render(note)
	}
	rule := max(0, w-block.Width(left)-block.Width(right))
	return block.Fit(left+t.Line.Render(strings.Repeat("─", rule))+right, w)
}

// Tabs is a heading that names several panes, the shown one standing out.
func Tabs(t *theme.Theme, names []string, shown int, w int) string {
	parts := make([]string, len(names))
	for i, name := range names {
		if i == shown {
			parts[i] = t.Tab.Render(name)
		} else {
			parts[i] = t.Muted.Render(name)
		}
	}
	left := strings.Join(parts, "  ") + " "
	rule := max(0, w-block.Width(left))
	return block.Fit(left+t.Line.Render(strings.Repeat("─", rule)), w)
}

// Rule is a line across.
func Rule(t *theme.Theme, w int) string {
	return t.Line.Render(strings.Repeat("─", max(0, w)))
}

// Gap is the line between two panes, with room at both sides.
func Gap(t *theme.Theme) string { return " " + t.Line.Render("│") + " " }
