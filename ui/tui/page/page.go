// Package page says what a page of the terminal UI is. A page is a plain struct
// that the one Bubble Tea model holds in a stack: it gets messages, draws a
// block of exactly its size, and asks for what only the model can do by
// returning a Request. It does no I/O and knows no other page.
package page

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/theme"
)

// Page is one screen.
type Page interface {
	// Update handles a message. A Request is carried out before the next
	// message is read: were it a command, a key typed quickly after would still
	// meet the old page.
	Update(tea.Msg) (Request, tea.Cmd)
	// View draws the page in exactly the size it was given.
	View() block.Block
	SetSize(Size)
	SetTheme(*theme.Theme)
	// Crumb is the page's name in the path at the top, safe to draw.
	Crumb() string
	Keys() keymap.Map
	// Busy says that the page wants Ticks; Typing that keys are text now.
	Busy() bool
	Typing() bool
}

// Request is what a page asks of the model; nil is nothing. Besides the ones
// below, each page package has its own.
type Request any

// Back leaves the page, Home all pages but the first, Quit the program.
type (
	Back struct{}
	Home struct{}
	Quit struct{}
)

// Ask opens a dialog. ByItself marks one that no key has asked for.
type Ask struct {
	Dialog   dialog.Dialog
	ByItself bool
}

// Drop closes the questions with that ID.
type Drop struct{ ID string }

// Tick is sent to all pages while one of them is busy.
type Tick struct {
	Now   time.Time
	Frame int
}

// Width says which layout a terminal has room for.
type Width int

// The widths: one pane with the strip shortened, one pane, two panes.
const (
	Narrow Width = iota
	Normal
	Wide
)

// Columns from which a terminal is Normal and Wide.
const (
	NormalColumns = 60
	WideColumns   = 100
)

// Size is the room of a page, in cells.
type Size struct {
	W, H  int
	Width Width
}

// WidthOf classes a terminal by its columns.
func WidthOf(columns int) Width {
	switch {
	case columns >= WideColumns:
		return Wide
	case columns >= NormalColumns:
		return Normal
	}
	return Narrow
}
