package list

import (
	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/keymap"
)

type keyMap struct {
	move                              keymap.Move
	open, filter, severity, layers    key.Binding
	engine, reload, clear, problems   key.Binding
	quit, help, interrupt             key.Binding
	keep, cancel, previous, following key.Binding
}

func newKeys() keyMap {
	return keyMap{
		move:      keymap.NewMove(),
		open:      keymap.Bind("enter/l", "open", "enter", "right", "l"),
		filter:    keymap.Bind("/", "text", "/"),
		severity:  keymap.Bind("s", "severity", "s"),
		layers:    keymap.Bind("f", "layers", "f"),
		engine:    keymap.Bind("e", "engine", "e"),
		reload:    keymap.Bind("r", "reload", "r", "ctrl+r"),
		clear:     keymap.Bind("esc", "show all", "esc"),
		problems:  keymap.Bind("p", "problems", "p"),
		quit:      keymap.Bind("q", "quit", "q"),
		help:      keymap.HelpKey(),
		interrupt: keymap.Interrupt(),
		keep:      keymap.Bind("enter", "keep the filter", "enter"),
		cancel:    keymap.Bind("esc", "show all", "esc"),
		previous:  keymap.Bind("↑", "up", "up"),
		following: keymap.Bind("↓", "down", "down"),
	}
}

// Keys are the keys that do something now.
func (p *Page) Keys() keymap.Map {
	k := p.keys
	if p.typing {
		return keymap.Map{{Title: "Filter", Keys: []keymap.Key{
			keymap.Shown(k.keep), keymap.Shown(k.previous), keymap.Shown(k.following), keymap.Shown(k.cancel),
		}}}
	}
	k.open.SetEnabled(p.current() != nil)
	for _, one := range []*key.Binding{&k.filter, &k.severity, &k.layers} {
		one.SetEnabled(len(p.entries) > 0)
	}
	k.engine.SetEnabled(p.loaded)
	k.clear.SetEnabled(p.filtering())
	k.problems.SetEnabled(len(p.audit.Problems) > 0)
	return keymap.Map{
		{Title: "Workloads", Keys: []keymap.Key{keymap.Shown(k.open), keymap.Shown(k.problems), keymap.Shown(k.clear)}},
		{Title: "Show only some, by", Keys: []keymap.Key{keymap.Shown(k.filter), keymap.Shown(k.severity), keymap.Shown(k.layers)}},
		{Title: "The engine", Keys: []keymap.Key{keymap.Shown(k.engine), keymap.Shown(k.reload)}},
		k.move.Group(),
		{Title: "Everywhere", Keys: []keymap.Key{keymap.Shown(k.quit), keymap.Hidden(k.interrupt), keymap.Shown(k.help)}},
	}
}
