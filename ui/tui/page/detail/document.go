package detail

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// document is the page's text, and the line on which each layer starts.
type document struct {
	text   block.Block
	starts []int
}

// write sets the document in w cells.
func write(t *theme.Theme, a inspect.Audited, w int) document {
	w = max(1, w)
	var doc document
	for _, l := range a.Layers {
		if len(doc.text) > 0 {
			doc.text = append(doc.text, "")
		}
		doc.starts = append(doc.starts, len(doc.text))
		doc.text = append(doc.text, layer(t, l, w)...)
	}
	if len(doc.starts) == 0 {
		doc.starts = []int{0}
		doc.text = block.Block{t.Doubt.Render("? No layer of this workload was judged.")}
	}
	return doc
}

func layer(t *theme.Theme, l inspect.LayerState, w int) block.Block {
	m := t.State(l.State)
	out := block.Block{heading(t, l, w)}
	if q := l.Layer.Question(); q != "" {
		out = append(out, indent("  ", t.Faint, q, w)...)
	}
	reason := block.Clean(l.Reason)
	if reason == "" {
		reason = m.Word
	}
	out = append(out, indent("  ", t.Text, reason, w)...)
	for _, f := range l.Findings {
		out = append(append(out, ""), finding(t, f, w)...)
	}
	return out
}

// heading is glyph and name, a rule, and the state's word.
func heading(t *theme.Theme, l inspect.LayerState, w int) string {
	m := t.State(l.State)
	left := m.Style.Render(m.Glyph) + " " + t.Strong.Render(string(l.Layer)) + " "
	right := " " + m.Style.Render(m.Word)
	rule := w - block.Width(left) - block.Width(right)
	if rule < 1 {
		return block.Fit(m.Style.Render(m.Glyph+" "+m.Word)+" "+t.Strong.Render(string(l.Layer)), w)
	}
	return left + t.Line.Render(strings.Repeat("─", rule)) + right
}

// finding is a box open to the right, its side in the colour of the severity.
func finding(t *theme.Theme, f inspect.Finding, w int) block.Block {
	m := t.Severity(f.Severity)
	side := "  " + m.Style.Render("┃") + " "
	room := max(1, w-4)
	tag := m.Glyph + " " + m.Word
	var out block.Block
	for i, line := range block.Wrap(block.Clean(f.Title), max(1, room-block.Width(tag)-2)) {
		lead := strings.Repeat(" ", block.Width(tag)+2)
		if i == 0 {
			lead = m.Style.Render(tag) + "  "
		}
		out = append(out, side+lead+t.Strong.Render(line))
	}
	for _, field := range []struct{ name, text string }{
		{"evidence", f.Evidence}, {"why", f.Why}, {"fix", f.Fix},
	} {
		out = append(out, labelled(t, side, field.name, block.Clean(field.text), room)...)
	}
	out = append(out, labelled(t, side, "source", page.Where(f.Source), room)...)
	refs := strings.Join(f.References, ", ")
	if f.ID != "" {
		refs = strings.TrimSuffix(fmt.Sprintf("%s, %s", f.ID, refs), ", ")
	}
	return append(out, labelled(t, side, "see", block.Clean(refs), room)...)
}

// labelled is a field with its name before it, or above it where it is narrow.
func labelled(t *theme.Theme, side, name, text string, room int) block.Block {
	if text == "" {
		return nil
	}
	const column = 10
	style := t.Text
	if name == "source" || name == "see" {
		style = t.Muted
	}
	if name == "fix" {
		style = t.Accent
	}
	if room < 30 {
		return append(block.Block{side + t.Muted.Render(name)}, indent(side, style, text, room+block.Width(side))...)
	}
	var out block.Block
	for i, line := range block.Wrap(text, room-column) {
		label := ""
		if i == 0 {
			label = name
		}
		out = append(out, side+t.Muted.Render(block.Fit(label, column))+style.Render(line))
	}
	return out
}

func indent(lead string, style theme.Style, text string, w int) block.Block {
	var out block.Block
	for _, line := range block.Wrap(text, max(1, w-block.Width(lead))) {
		out = append(out, lead+style.Render(line))
	}
	return out
}
