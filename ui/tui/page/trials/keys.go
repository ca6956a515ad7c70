package trials

import (
	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/keymap"
)

type keyMap struct {
	up, down, top, bottom, pageUp, pageDown key.Binding
	pane, write, again                      key.Binding
	stop, back, help, interrupt             key.Binding
	hand                                    handKeys
}

func newKeys() keyMap {
	m := keymap.NewMove()
	m.Up.SetHelp("↑/k", "trial before")
	m.Down.SetHelp("↓/j", "trial after")
	m.Top.SetHelp("g/home", "first trial")
	m.Bottom.SetHelp("G/end", "last trial, and follow")
	m.PageUp.SetHelp("pgup", "scroll the lower pane up")
	m.PageDown.SetHelp("pgdn", "scroll the lower pane down")
	return keyMap{
		up: m.Up, down: m.Down, top: m.Top, bottom: m.Bottom, pageUp: m.PageUp, pageDown: m.PageDown,
		pane:      keymap.Bind("tab", "next pane", "tab"),
		write:     keymap.Bind("w", "see the diff", "w", "enter", "right", "l"),
		again:     keymap.Bind("t", "try again", "t"),
		stop:      keymap.Bind("esc/h", "stop", "esc", "left", "h"),
		back:      keymap.Back(),
		help:      keymap.HelpKey(),
		interrupt: keymap.Interrupt(),
		hand:      newHandKeys(),
	}
}

// Keys are the keys that do something now.
func (p *Page) Keys() keymap.Map {
	k := p.keys
	k.write.SetEnabled(p.writable())
	k.again.SetEnabled(p.ended())
	k.stop.SetEnabled(p.phase == running || p.phase == turn)
	k.back.SetEnabled(!p.running())
	return keymap.Map{
		p.handGroup(),
		{Title: "Trials", Keys: []keymap.Key{
			keymap.Shown(k.write), keymap.Shown(k.stop), keymap.Shown(k.again), keymap.Shown(k.pane),
		}},
		{Title: "Moving", Keys: []keymap.Key{
			keymap.Hidden(k.up), keymap.Hidden(k.down), keymap.Hidden(k.top), keymap.Hidden(k.bottom),
			keymap.Hidden(k.pageUp), keymap.Hidden(k.pageDown),
		}},
		{Title: "Everywhere", Keys: []keymap.Key{keymap.Shown(k.back), keymap.Hidden(k.interrupt), keymap.Shown(k.help)}},
	}
}
