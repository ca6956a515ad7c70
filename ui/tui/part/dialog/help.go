package dialog

import (
	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/part/strip"
	"bulkhead/ui/tui/theme"
)

// helpBody draws keys and legend, side by side where there is room.
func helpBody(t *theme.Theme, keys keymap.Map, w int) block.Block {
	left, right := keymap.Help(t, keys), legend(t)
	leftWidth, rightWidth := widest(left), widest(right)
	if leftWidth+4+rightWidth > w {
		return append(append(left, ""), right...)
	}
	h := max(len(left), len(right))
	return block.Beside("    ", left.Fit(leftWidth, h), right.Fit(rightWidth, h))
}

func legend(t *theme.Theme) block.Block {
	out := block.Block{t.Title.Render("Layers")}
	for _, l := range inspect.Layers() {
		out = append(out, "  "+t.Key.Render(block.Fit(strip.Short(l), 3))+"  "+t.Muted.Render(string(l)))
	}
	out = append(out, "", t.Title.Render("A layer is"))
	for _, s := range theme.States() {
		out = append(out, "  "+t.State(s).String())
	}
	out = append(out, "", t.Title.Render("A container is"))
	for _, s := range theme.RunStates() {
		out = append(out, "  "+t.Run(s).String())
	}
	return out
}

func widest(b block.Block) int {
	w := 0
	for _, line := range b {
		w = max(w, block.Width(line))
	}
	return w
}
