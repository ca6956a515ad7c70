package dialog

import (
	"slices"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/theme"
)

// Field is one question of a Form: one of Values, or a text where there are
// none.
type Field struct {
	Label, Help string
	Values      []string
	// At is the chosen value; Text is what was typed.
	At   int
	Text string
}

// Form asks several things at once. Enter answers from everywhere, so that one
// whose defaults will do costs one key.
type Form struct {
	title  string
	fields []Field
	inputs []textinput.Model
	at     int
	keys   formKeys
	// Answer makes the message that is handed to the pages, Leave is handed over
	// where the form is left.
	Answer func([]Field) tea.Msg
	Leave  tea.Msg
}

type formKeys struct{ next, previous, change, apply, leave key.Binding }

// NewForm makes a form; apply says in a word or two what enter does.
func NewForm(title, apply string, fields ...Field) *Form {
	f := &Form{title: title, fields: slices.Clone(fields), keys: formKeys{
		apply:    keymap.Bind("enter", apply, "enter"),
		next:     keymap.Bind("tab/↓", "next", "tab", "down"),
		previous: keymap.Bind("shift+tab/↑", "before", "shift+tab", "up"),
		change:   keymap.Bind("space/←/→", "change", "space", "left", "right"),
		leave:    keymap.Bind("esc", "leave", "esc"),
	}}
	for _, field := range f.fields {
		input := textinput.New()
		input.Prompt = ""
		input.CharLimit = 1000
		input.SetValue(field.Text)
		f.inputs = append(f.inputs, input)
	}
	f.focus(0)
	return f
}

// Title is the title.
func (f *Form) Title() string { return f.title }

// Press moves, changes, types, or ends.
func (f *Form) Press(msg tea.KeyPressMsg) (bool, tea.Msg) {
	k := f.keys
	switch {
	case key.Matches(msg, k.leave):
		return true, f.Leave
	case key.Matches(msg, k.apply):
		return true, f.Answer(f.fields)
	case key.Matches(msg, k.next):
		f.focus(f.at + 1)
	case key.Matches(msg, k.previous):
		f.focus(f.at - 1)
	case f.typing():
		f.edit(msg)
	case key.Matches(msg, k.change):
		f.change(msg.String() == "left")
	}
	return false, nil
}

// Paste puts text into the field that is typed in.
func (f *Form) Paste(msg tea.PasteMsg) {
	if f.typing() {
		f.edit(msg)
	}
}

func (f *Form) edit(msg tea.Msg) {
	f.inputs[f.at], _ = f.inputs[f.at].Update(msg)
	f.fields[f.at].Text = f.inputs[f.at].Value()
}

func (f *Form) typing() bool { return len(f.fields[f.at].Values) == 0 }

func (f *Form) focus(i int) {
	f.inputs[f.at].Blur()
	f.at = (i + len(f.fields)) % len(f.fields)
	f.inputs[f.at].Focus()
}

func (f *Form) change(back bool) {
	field := &f.fields[f.at]
	n := len(field.Values)
	if back {
		field.At = (field.At + n - 1) % n
	} else {
		field.At = (field.At + 1) % n
	}
}

// Body draws the fields, those around the cursor where not all fit, over what
// the one with the cursor means.
func (f *Form) Body(t *theme.Theme, w, h int) block.Block {
	const most = 3
	rows := min(len(f.fields), max(1, h-most-1))
	first := max(0, min(f.at-rows/2, len(f.fields)-rows))
	var out block.Block
	for i := first; i < first+rows; i++ {
		out = append(out, f.line(t, i, w))
	}
	out = append(out, "")
	for _, line := range block.Wrap(f.fields[f.at].Help, w).Fit(w, most) {
		out = append(out, t.Muted.Render(line))
	}
	return out[:max(0, min(len(out), h))]
}

func (f *Form) line(t *theme.Theme, i, w int) string {
	column := 0
	for _, field := range f.fields {
		column = max(column, block.Width(field.Label)+2)
	}
	field, on := f.fields[i], i == f.at
	bar, label := "  ", t.Text
	if on {
		bar, label = "▌ ", t.Strong
	}
	left := t.Accent.Render(bar) + label.Render(block.Fit(field.Label, column))
	room := max(1, w-2-column)
	if len(field.Values) == 0 {
		input := f.inputs[i]
		input.SetStyles(t.Input())
		input.SetWidth(max(1, room-1))
		return block.Fit(left+input.View(), w)
	}
	value := "  " + field.Values[field.At]
	if on {
		value = "‹ " + field.Values[field.At] + " ›"
	}
	return block.Fit(left+t.Key.Render(value), w)
}

// Keys are those of the form.
func (f *Form) Keys() keymap.Map {
	k := f.keys
	k.change.SetEnabled(!f.typing())
	return keymap.Map{{Title: f.title, Keys: []keymap.Key{
		keymap.Shown(k.apply), keymap.Shown(k.change), keymap.Shown(k.next), keymap.Hidden(k.previous), keymap.Shown(k.leave),
	}}}
}
