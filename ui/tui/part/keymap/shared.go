package keymap

import "charm.land/bubbles/v2/key"

// Move are the keys that move a cursor or scroll.
type Move struct {
	Up, Down, PageUp, PageDown, Top, Bottom key.Binding
}

// NewMove returns the movement keys.
func NewMove() Move {
	return Move{
		Up:       Bind("↑/k", "up", "up", "k"),
		Down:     Bind("↓/j", "down", "down", "j"),
		PageUp:   Bind("pgup", "a page up", "pgup", "ctrl+b"),
		PageDown: Bind("pgdn", "a page down", "pgdown", "ctrl+f", "space"),
		Top:      Bind("g/home", "first", "g", "home"),
		Bottom:   Bind("G/end", "last", "G", "end"),
	}
}

// Group is the movement keys as a group of the help; the footer shows none of
// them, as everyone tries the arrows first.
func (m Move) Group() Group {
	return Group{"Moving", []Key{Hidden(m.Up), Hidden(m.Down), Hidden(m.PageUp), Hidden(m.PageDown), Hidden(m.Top), Hidden(m.Bottom)}}
}

// Back, HelpKey and Interrupt are the same on every page.
func Back() key.Binding      { return Bind("esc/h", "back", "esc", "left", "h") }
func HelpKey() key.Binding   { return Bind("?", "help", "?") }
func Interrupt() key.Binding { return Bind("ctrl+c", "clean up and quit", "ctrl+c") }
