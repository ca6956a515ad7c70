package diff

import (
	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/keymap"
)

type keyMap struct {
	move                  keymap.Move
	write, copy, again    key.Binding
	choose                key.Binding
	back, help, interrupt key.Binding
}

func newKeys() keyMap {
	return keyMap{
		move:      keymap.NewMove(),
		write:     keymap.Bind("w/enter", "write", "w", "enter"),
		choose:    keymap.Bind("x", "changes", "x"),
		copy:      keymap.Bind("c", "copy", "c"),
		again:     keymap.Bind("r", "draft again", "r"),
		back:      keymap.Back(),
		help:      keymap.HelpKey(),
		interrupt: keymap.Interrupt(),
	}
}

// Keys are the keys that do something now.
func (p *Page) Keys() keymap.Map {
	k := p.keys
	k.write.SetEnabled(p.writable())
	if !p.file() {
		k.write.SetHelp("w/enter", "write its files")
	}
	k.choose.SetEnabled(p.choosable())
	_, _, parts := p.subject.count()
	k.choose.SetHelp("x", parts)
	k.copy.SetEnabled(p.copyable() != "")
	k.copy.SetHelp("c", "copy the "+p.copyName())
	k.again.SetEnabled(p.phase == refused)
	k.back.SetEnabled(p.phase != writing)
	if p.phase == written {
		k.back.SetHelp("esc/h", "to the list")
	}
	return keymap.Map{
		{Title: "Draft", Keys: []keymap.Key{keymap.Shown(k.write), keymap.Shown(k.choose), keymap.Shown(k.copy), keymap.Shown(k.again)}},
		k.move.Group(),
		{Title: "Everywhere", Keys: []keymap.Key{keymap.Shown(k.back), keymap.Hidden(k.interrupt), keymap.Shown(k.help)}},
	}
}
