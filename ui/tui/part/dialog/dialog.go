// Package dialog holds the boxes that stand before a page: a question, a
// notice, the help. They form a stack whose top gets every key and is drawn
// last. A dialog that opens by itself ignores keys for a moment, so that a key
// meant for the page does not answer it.
package dialog

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/theme"
)

// Dialog is one box.
type Dialog interface {
	// Press handles a key. Closed says that the dialog is done; answer is then
	// handed to the pages as a message, unless nil.
	Press(tea.KeyPressMsg) (closed bool, answer tea.Msg)
	// Body draws the content in at most w by h cells.
	Body(t *theme.Theme, w, h int) block.Block
	Title() string
	Keys() keymap.Map
}

// Deaf is how long a dialog that opened by itself ignores keys.
const Deaf = 400 * time.Millisecond

// Stack is the open dialogs; the zero Stack has none.
type Stack struct {
	open []entry
}

type entry struct {
	dialog Dialog
	deaf   time.Time
}

// Open puts a dialog on top.
func (s *Stack) Open(d Dialog) { s.open = append(s.open, entry{dialog: d}) }

// OpenByItself puts a dialog on top that nobody asked for.
func (s *Stack) OpenByItself(d Dialog, now time.Time) {
	s.open = append(s.open, entry{d, now.Add(Deaf)})
}

// Top returns the dialog that gets the keys, nil where none is open.
func (s *Stack) Top() Dialog {
	if len(s.open) == 0 {
		return nil
	}
	return s.open[len(s.open)-1].dialog
}

// Press gives the key to the top dialog and returns its answer.
func (s *Stack) Press(msg tea.KeyPressMsg, now time.Time) tea.Msg {
	if len(s.open) == 0 {
		return nil
	}
	top := s.open[len(s.open)-1]
	if now.Before(top.deaf) {
		return nil
	}
	closed, answer := top.dialog.Press(msg)
	if closed {
		s.open = s.open[:len(s.open)-1]
	}
	return answer
}

// Drop closes the dialogs that match, as when what they asked has settled
// itself.
func (s *Stack) Drop(match func(Dialog) bool) {
	kept := s.open[:0]
	for _, e := range s.open {
		if !match(e.dialog) {
			kept = append(kept, e)
		}
	}
	s.open = kept
}

// Paste gives the text to the top dialog, if it takes any.
func (s *Stack) Paste(msg tea.PasteMsg) {
	if taker, ok := s.Top().(interface{ Paste(tea.PasteMsg) }); ok {
		taker.Paste(msg)
	}
}
