package detail

import (
	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/keymap"
)

type keyMap struct {
	move                  keymap.Move
	try, next, previous   key.Binding
	back, help, interrupt key.Binding
}

func newKeys() keyMap {
	return keyMap{
		move:      keymap.NewMove(),
		try:       keymap.Bind("t", "try it on a copy", "t"),
		next:      keymap.Bind("tab", "next layer", "tab", "n"),
		previous:  keymap.Bind("shift+tab", "previous layer", "shift+tab", "N"),
		back:      keymap.Back(),
		help:      keymap.HelpKey(),
		interrupt: keymap.Interrupt(),
	}
}

// Keys are the keys that do something now.
func (p *Page) Keys() keymap.Map {
	k := p.keys
	return keymap.Map{
		{Title: "Workload", Keys: []keymap.Key{keymap.Shown(k.try), keymap.Shown(k.next), keymap.Hidden(k.previous)}},
		k.move.Group(),
		{Title: "Everywhere", Keys: []keymap.Key{keymap.Shown(k.back), keymap.Hidden(k.interrupt), keymap.Shown(k.help)}},
	}
}
