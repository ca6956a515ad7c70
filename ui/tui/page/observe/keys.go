package observe

import (
	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/part/reader"
)

type keyMap struct {
	read                  reader.Keys
	again, stop           key.Binding
	write, pass           key.Binding
	back, help, interrupt key.Binding
}

func newKeys() keyMap {
	return keyMap{
		read:      reader.NewKeys("part"),
		again:     keymap.Bind("o", "watch again", "o"),
		write:     keymap.Bind("w", "see the proxy", "w"),
		pass:      keymap.Bind("p", "let through", "p"),
		stop:      keymap.Bind("esc/h", "stop", "esc", "left", "h"),
		back:      keymap.Back(),
		help:      keymap.HelpKey(),
		interrupt: keymap.Interrupt(),
	}
}

// Keys are the keys that do something now.
func (p *Page) Keys() keymap.Map {
	k := p.keys
	k.again.SetEnabled(!p.running())
	k.stop.SetEnabled(p.phase == watching)
	k.write.SetEnabled(p.writable())
	k.pass.SetEnabled(p.passable())
	k.back.SetEnabled(!p.running())
	return keymap.Map{
		{Title: "Watching", Keys: []keymap.Key{
			keymap.Shown(k.stop), keymap.Shown(k.write), keymap.Shown(k.pass), keymap.Shown(k.again), keymap.Shown(k.read.Next), keymap.Hidden(k.read.Previous),
		}},
		k.read.Move.Group(),
		{Title: "Everywhere", Keys: []keymap.Key{keymap.Shown(k.back), keymap.Hidden(k.interrupt), keymap.Shown(k.help)}},
	}
}
