package dialog

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"charm.land/bubbles/v2/key"

	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/keymap"
	"bulkhead/ui/tui/part/scroll"
	"bulkhead/ui/tui/theme"
)

// Column is a titled set of things of which any number can be chosen.
type Column struct {
	Title   string
	Options []Option
}

// Option is one of them; Draw draws it, nil draws the label in the ordinary
// style.
type Option struct {
	Label  string
	Draw   func(*theme.Theme) string
	Chosen bool
}

// Choice lets any number of things be chosen from columns side by side.
type Choice struct {
	title   string
	columns []Column
	// Say tells in words what the choice means.
	Say func([]Column) string
	// Answer makes the message that is handed to the pages.
	Answer func([]Column) tea.Msg

	column int
	at     []int
	keys   choiceKeys
}

type choiceKeys struct {
	move                              keymap.Move
	other, toggle, none, apply, leave key.Binding
}

// NewChoice makes a choice; what is chosen at first is marked in the options.
func NewChoice(title string, columns ...Column) *Choice {
	own := slices.Clone(columns)
	for i := range own {
		own[i].Options = slices.Clone(own[i].Options)
	}
	move := keymap.NewMove()
	move.PageDown.SetKeys("pgdown", "ctrl+f")
	return &Choice{
		title: title, columns: own, at: make([]int, len(own)),
		keys: choiceKeys{
			move:   move,
			toggle: keymap.Bind("space/x", "choose", "space", "x"),
			other:  keymap.Bind("tab", "column", "tab", "shift+tab", "left", "right", "h", "l"),
			apply:  keymap.Bind("enter", "show these", "enter"),
			none:   keymap.Bind("c", "none", "c"),
			leave:  keymap.Bind("esc", "leave", "esc", "q"),
		},
	}
}

// Apply says in a word or two what enter does.
func (c *Choice) Apply(does string) { c.keys.apply.SetHelp("enter", does) }

// Title is the title.
func (c *Choice) Title() string { return c.title }

// Press moves, chooses, or ends.
func (c *Choice) Press(msg tea.KeyPressMsg) (bool, tea.Msg) {
	k := c.keys
	switch {
	case key.Matches(msg, k.leave):
		return true, nil
	case key.Matches(msg, k.apply):
		return true, c.Answer(c.columns)
	case key.Matches(msg, k.toggle):
		if o := c.current(); o != nil {
			o.Chosen = !o.Chosen
		}
	case key.Matches(msg, k.none):
		for _, column := range c.columns {
			for i := range column.Options {
				column.Options[i].Chosen = false
			}
		}
	case key.Matches(msg, k.other):
		n := 1
		if name := msg.String(); name == "shift+tab" || name == "left" || name == "h" {
			n = len(c.columns) - 1
		}
		c.column = (c.column + n) % len(c.columns)
	case key.Matches(msg, k.move.Up):
		c.step(-1)
	case key.Matches(msg, k.move.Down):
		c.step(1)
	case key.Matches(msg, k.move.Top), key.Matches(msg, k.move.PageUp):
		c.step(-len(c.columns[c.column].Options))
	case key.Matches(msg, k.move.Bottom), key.Matches(msg, k.move.PageDown):
		c.step(len(c.columns[c.column].Options))
	}
	return false, nil
}

func (c *Choice) step(n int) {
	c.at[c.column] = max(0, min(len(c.columns[c.column].Options)-1, c.at[c.column]+n))
}

func (c *Choice) current() *Option {
	options := c.columns[c.column].Options
	if at := c.at[c.column]; at < len(options) {
		return &options[at]
	}
	return nil
}

// Body draws the columns side by side, or the one with the cursor where they do
// not fit, over what the choice means.
func (c *Choice) Body(t *theme.Theme, w, h int) block.Block {
	foot := c.meaning(t, w)
	if len(foot)+4 > h {
		foot = nil
	}
	room := h - len(foot)
	drawn := make([]block.Block, len(c.columns))
	total, tallest := 3*(len(drawn)-1), 0
	for i := range c.columns {
		drawn[i] = c.draw(t, i, room)
		total += widest(drawn[i])
		tallest = max(tallest, len(drawn[i]))
	}
	body := drawn[c.column]
	if total <= w {
		for i := range drawn {
			drawn[i] = drawn[i].Fit(widest(drawn[i]), tallest)
		}
		body = block.Beside("   ", drawn...)
	}
	out := make(block.Block, 0, len(body)+len(foot))
	for _, line := range append(body, foot...) {
		out = append(out, block.Cut(line, w))
	}
	return out
}

// draw is one column in at most h lines, the cursor among them.
func (c *Choice) draw(t *theme.Theme, i, h int) block.Block {
	column := c.columns[i]
	on := i == c.column
	title := t.Muted
	if on {
		title = t.Title
	}
	lines := make(block.Block, len(column.Options))
	for j, o := range column.Options {
		lines[j] = c.line(t, o, on && j == c.at[i])
	}
	if h <= 1 {
		from := min(c.at[i], len(lines))
		return lines[from:min(from+max(0, h), len(lines))]
	}
	var window scroll.Window
	window.Measure(len(lines), h-1)
	window.To(c.at[i] - (h-1)/2)
	w := widest(lines)
	if window.Scrolls() {
		w += 2
	}
	return append(block.Block{"  " + title.Render(column.Title)}, window.Draw(t, lines, w, min(h-1, len(lines)))...)
}

func (c *Choice) line(t *theme.Theme, o Option, cursor bool) string {
	bar, box := "  ", "[ ] "
	if cursor {
		bar = "▌ "
	}
	if o.Chosen {
		box = "[x] "
	}
	label := t.Text.Render(o.Label)
	if o.Draw != nil {
		label = o.Draw(t)
	}
	return t.Accent.Render(bar) + t.Key.Render(box) + label
}

// meaning is at most two lines, and a free one over them.
func (c *Choice) meaning(t *theme.Theme, w int) block.Block {
	if c.Say == nil {
		return nil
	}
	lines := block.Wrap(c.Say(c.columns), w)
	if len(lines) > 2 {
		lines = block.Block{lines[0], block.Cut(strings.Join(lines[1:], " "), w)}
	}
	// Two lines always, so that the box does not jump while things are chosen.
	out := block.Block{""}
	for _, line := range lines.Fit(w, 2) {
		out = append(out, t.Muted.Render(line))
	}
	return out
}

// Keys are those of the choice.
func (c *Choice) Keys() keymap.Map {
	k := c.keys
	return keymap.Map{{Title: c.title, Keys: []keymap.Key{
		keymap.Shown(k.toggle), keymap.Shown(k.apply), keymap.Shown(k.other), keymap.Shown(k.none), keymap.Shown(k.leave),
	}}}
}
