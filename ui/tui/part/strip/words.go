package strip

import (
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// States are the states, the worst first: what is not known comes before what
// is closed.
func States() []inspect.State {
	return []inspect.State{inspect.Open, inspect.Partly, inspect.Unknown, inspect.Closed, inspect.NotApplicable}
}

// Words says the states in words: each with the names of its layers, in as many
// lines of w cells as that takes, the worst first.
func Words(t *theme.Theme, layers []inspect.LayerState, w int) block.Block {
	const column = 10
	var out block.Block
	for _, s := range States() {
		var names []string
		for _, l := range inspect.Layers() {
			if StateOf(layers, l) == s {
				names = append(names, string(l))
			}
		}
		if len(names) == 0 {
			continue
		}
		m := t.State(s)
		lead := m.Style.Render(block.Fit(m.Glyph+" "+Brief(m), column))
		for _, line := range block.Wrap(strings.Join(names, ", "), max(1, w-column)) {
			out = append(out, lead+t.Muted.Render(line))
			lead = strings.Repeat(" ", column)
		}
	}
	return out
}

// Brief is the word of a state where there is no room for two.
func Brief(m theme.Mark) string {
	if m.Word == string(inspect.NotApplicable) {
		return "n/a"
	}
	return m.Word
}
