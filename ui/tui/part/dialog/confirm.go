package dialog

import (
	tea "charm.land/bubbletea/v2"

	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/theme"
)

// Confirm asks before something is done. Only y says yes: enter may still be on
// its way from the page.
type Confirm struct {
	// ID tells questions apart for Stack.Drop.
	ID       string
	Question string
	Text     []string
	// Yes and No are handed to the pages.
	Yes, No tea.Msg

	keys confirmKeys
}

type confirmKeys struct{ yes, no key.Binding }

// NewConfirm makes a question; yes and no say in a word or two what they do.
func NewConfirm(id, question string, text []string, yes, no string) *Confirm {
	return &Confirm{
		ID: id, Question: question, Text: text,
		keys: confirmKeys{
			yes: keymap.Bind("y", yes, "y", "Y"),
			no:  keymap.Bind("n/esc", no, "n", "N", "esc", "q"),
		},
	}
}

// Title is the question.
func (c *Confirm) Title() string { return c.Question }

// Press answers.
func (c *Confirm) Press(msg tea.KeyPressMsg) (bool, tea.Msg) {
	switch {
	case key.Matches(msg, c.keys.yes):
		return true, c.Yes
	case key.Matches(msg, c.keys.no):
		return true, c.No
	}
	return false, nil
}

// Body draws the text and the two answers.
func (c *Confirm) Body(t *theme.Theme, w, h int) block.Block {
	answers := t.Key.Render("y") + " " + c.keys.yes.Help().Desc + "    " + t.Key.Render("n") + " " + c.keys.no.Help().Desc
	text := paragraphs(t, c.Text, w)
	if room := h - 2; len(text) > room {
		text = text[:max(0, room)]
	}
	if len(text) > 0 {
		text = append(text, "")
	}
	return append(text, block.Cut(answers, w))
}

// Keys are the two answers.
func (c *Confirm) Keys() keymap.Map {
	return keymap.Map{{Title: "Question", Keys: []keymap.Key{keymap.Shown(c.keys.yes), keymap.Shown(c.keys.no)}}}
}

func paragraphs(t *theme.Theme, text []string, w int) block.Block {
	var out block.Block
	for i, p := range text {
		if i > 0 {
			out = append(out, "")
		}
		for _, line := range block.Wrap(block.Clean(p), w) {
			out = append(out, t.Text.Render(line))
		}
	}
	return out
}
