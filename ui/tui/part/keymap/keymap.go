// Package keymap draws the footer and the help from one description of the
// keys, so that neither can tell of a key that the other does not know, and
// holds the keys that mean the same on every page.
package keymap

import (
	"strings"

	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// Key is a binding, and whether the footer has it.
type Key struct {
	key.Binding
	Footer bool
}

// Group is a titled set of keys.
type Group struct {
	Title string
	Keys  []Key
}

// Map is all the keys of a page or a dialog, in groups.
type Map []Group

// Footer returns the enabled bindings of the footer, in order.
func (m Map) Footer() []key.Binding {
	var short []key.Binding
	for _, g := range m {
		for _, k := range g.Keys {
			if k.Footer && k.Enabled() {
				short = append(short, k.Binding)
			}
		}
	}
	return short
}

// Shown is a key for the footer and the help, Hidden one for the help alone.
func Shown(b key.Binding) Key  { return Key{b, true} }
func Hidden(b key.Binding) Key { return Key{b, false} }

// Bind makes a binding; label is how the keys are written for people.
func Bind(label, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(label, does))
}

// Footer draws one line of w cells: as many keys as fit, the last of the map
// always among them, as that is where help is.
func Footer(t *theme.Theme, m Map, w int) string {
	bindings := m.Footer()
	if len(bindings) == 0 {
		return block.Fit("", w)
	}
	gap := "   "
	shown := fitting(bindings, w, len(gap))
	if len(shown) < len(bindings) {
		gap = "  "
		shown = fitting(bindings, w, len(gap))
	}
	labels := make([]string, len(shown))
	for i, b := range shown {
		labels[i] = t.Key.Render(label(b)) + " " + t.Hint.Render(b.Help().Desc)
	}
	return block.Fit(strings.Join(labels, gap), w)
}

// fitting are the bindings that fit in w cells, the last always among them.
func fitting(all []key.Binding, w, gap int) []key.Binding {
	last := len(all) - 1
	room := w - labelWidth(all[last])
	shown := all[:0:0]
	for _, b := range all[:last] {
		if room -= labelWidth(b) + gap; room < 0 {
			break
		}
		shown = append(shown, b)
	}
	return append(shown, all[last])
}

func labelWidth(b key.Binding) int {
	return block.Width(label(b)) + 1 + block.Width(b.Help().Desc)
}

// label is the first of a binding's keys; the help names the others too.
func label(b key.Binding) string {
	first, _, _ := strings.Cut(b.Help().Key, "/")
	if first == "" {
		return b.Help().Key
	}
	return first
}

// Help draws every enabled key of the map, group by group.
func Help(t *theme.Theme, m Map) block.Block {
	widest := 0
	for _, g := range m {
		for _, k := range g.Keys {
			widest = max(widest, block.Width(k.Help().Key))
		}
	}
	var out block.Block
	for _, g := range m {
		var keys block.Block
		for _, k := range g.Keys {
			if k.Enabled() {
				keys = append(keys, "  "+t.Key.Render(block.Fit(k.Help().Key, widest))+"  "+t.Hint.Render(k.Help().Desc))
			}
		}
		if len(keys) == 0 {
			continue
		}
		if len(out) > 0 {
			out = append(out, "")
		}
		out = append(append(out, t.Title.Render(g.Title)), keys...)
	}
	return out
}
