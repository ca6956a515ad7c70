package detail

import (
	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/part/reader"
)

type keyMap struct {
	read                  reader.Keys
	try, watch            key.Binding
	back, help, interrupt key.Binding
}

func newKeys() keyMap {
	return keyMap{
		read:      reader.NewKeys("layer"),
		try:       keymap.Bind("t", "try it on a copy", "t"),
		watch:     keymap.Bind("o", "observe it", "o"),
		back:      keymap.Back(),
		help:      keymap.HelpKey(),
		interrupt: keymap.Interrupt(),
	}
}

// Keys are the keys that do something now.
func (p *Page) Keys() keymap.Map {
	k := p.keys
	return keymap.Map{
		{Title: "Workload", Keys: []keymap.Key{keymap.Shown(k.try), keymap.Shown(k.watch), keymap.Shown(k.read.Next), keymap.Hidden(k.read.Previous)}},
		k.read.Move.Group(),
		{Title: "Everywhere", Keys: []keymap.Key{keymap.Shown(k.back), keymap.Hidden(k.interrupt), keymap.Shown(k.help)}},
	}
}
