package dialog

import (
	tea "charm.land/bubbletea/v2"

	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/part/scroll"
	"bulkhead/ui/tui/theme"
)

// Notice shows something that is only read: a message, or the help.
type Notice struct {
	title  string
	draw   func(t *theme.Theme, w int) block.Block
	window scroll.Window
	move   keymap.Move
	close  key.Binding
}

// NewNotice makes a notice of paragraphs.
func NewNotice(title string, text ...string) *Notice {
	return newNotice(title, func(t *theme.Theme, w int) block.Block { return paragraphs(t, text, w) },
		keymap.Bind("esc", "close", "esc", "enter", "q"))
}

// NewHelp makes the help of a page: its keys, then what the glyphs mean.
func NewHelp(keys keymap.Map) *Notice {
	return newNotice("Help", func(t *theme.Theme, w int) block.Block {
		return helpBody(t, keys, w)
	}, keymap.Bind("esc/?", "close", "esc", "?", "q", "enter"))
}

func newNotice(title string, draw func(*theme.Theme, int) block.Block, close key.Binding) *Notice {
	return &Notice{title: title, draw: draw, move: keymap.NewMove(), close: close}
}

// Title is the title.
func (n *Notice) Title() string { return n.title }

// Press scrolls or closes.
func (n *Notice) Press(msg tea.KeyPressMsg) (bool, tea.Msg) {
	if key.Matches(msg, n.close) {
		return true, nil
	}
	n.window.Press(msg, n.move)
	return false, nil
}

// Body draws the visible part.
func (n *Notice) Body(t *theme.Theme, w, h int) block.Block {
	text := n.draw(t, max(1, w-2))
	return n.window.Draw(t, text, w, min(h, len(text)))
}

// Keys are the movement keys and the one that closes.
func (n *Notice) Keys() keymap.Map {
	keys := []keymap.Key{keymap.Shown(n.close)}
	if n.window.Scrolls() {
		keys = append([]keymap.Key{keymap.Shown(n.move.Up), keymap.Shown(n.move.Down)}, keys...)
	}
	return keymap.Map{{Title: n.title, Keys: keys}}
}
