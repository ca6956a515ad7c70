package engine

import (
	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/part/reader"
)

type keyMap struct {
	read                  reader.Keys
	reload                key.Binding
	back, help, interrupt key.Binding
}

func newKeys() keyMap {
	return keyMap{
		read:      reader.NewKeys("part"),
		reload:    keymap.Bind("r", "look again", "r", "ctrl+r"),
		back:      keymap.Back(),
		help:      keymap.HelpKey(),
		interrupt: keymap.Interrupt(),
	}
}

// Keys are the keys that do something now.
func (p *Page) Keys() keymap.Map {
	k := p.keys
	return keymap.Map{
		{Title: "Engine", Keys: []keymap.Key{keymap.Shown(k.read.Next), keymap.Hidden(k.read.Previous), keymap.Shown(k.reload)}},
		k.read.Move.Group(),
		{Title: "Everywhere", Keys: []keymap.Key{keymap.Shown(k.back), keymap.Hidden(k.interrupt), keymap.Shown(k.help)}},
	}
}
