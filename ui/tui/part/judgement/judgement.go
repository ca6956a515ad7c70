// Package judgement draws what was judged: a layer with its question, its state
// and the reason, and each finding with the evidence, why it matters, why it is
// that severe, what mends it and where it is set.
package judgement

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// Layer draws a layer in w cells.
func Layer(t *theme.Theme, l inspect.LayerState, w int) block.Block {
	m := t.State(l.State)
	out := block.Block{Heading(t, m, string(l.Layer), w)}
	if q := l.Layer.Question(); q != "" {
		out = append(out, Indent("  ", t.Faint, q, w)...)
	}
	reason := block.Clean(l.Reason)
	if reason == "" {
		reason = m.Word
	}
	out = append(out, Indent("  ", t.Text, reason, w)...)
	for _, f := range l.Findings {
		out = append(append(out, ""), Finding(t, f, w)...)
	}
	return out
}

// Heading is glyph and name, a rule, and the mark's word.
func Heading(t *theme.Theme, m theme.Mark, name string, w int) string {
	left := m.Dot() + " " + t.Strong.Render(name) + " "
	right := " " + m.Style.Render(m.Word)
	rule := w - block.Width(left) - block.Width(right)
	if rule < 1 {
		return block.Fit(m.String()+" "+t.Strong.Render(name), w)
	}
	return left + t.Line.Render(strings.Repeat("─", rule)) + right
}

// Finding is a box open to the right, its side in the colour of the severity.
func Finding(t *theme.Theme, f inspect.Finding, w int) block.Block {
	m := t.Severity(f.Severity)
	side := Side(m.Style)
	tag := m.Glyph + " " + m.Word
	var out block.Block
	for i, line := range block.Wrap(block.Clean(f.Title), max(1, w-block.Width(side)-block.Width(tag)-2)) {
		lead := strings.Repeat(" ", block.Width(tag)+2)
		if i == 0 {
			lead = m.Style.Render(tag) + "  "
		}
		out = append(out, side+lead+t.Strong.Render(line))
	}
	refs := f.References
	if f.ID != "" {
		refs = append([]string{f.ID}, refs...)
	}
	fields := []Field{
		{Name: "evidence", Text: f.Evidence}, {Name: "why", Text: f.Why}, {Name: "severity", Text: f.Reason},
		{Name: "fix", Text: f.Fix, Style: &t.Accent}, {Name: "source", Text: Where(f.Source), Style: &t.Muted},
		{Name: "see", Text: strings.Join(refs, ", "), Style: &t.Muted},
	}
	return append(out, Fields(t, side, fields, w)...)
}

// Side is the side of a box.
func Side(style theme.Style) string { return "  " + style.Render("┃") + " " }

// Field is a named text; without a Style it is ordinary.
type Field struct {
	Name, Text string
	Style      *theme.Style
}

// Fields draws the fields that have a text, in w cells, each behind side: the
// name before the text, or above it where it is narrow.
func Fields(t *theme.Theme, side string, fields []Field, w int) block.Block {
	column := 0
	for _, f := range fields {
		column = max(column, block.Width(f.Name)+2)
	}
	room := w - block.Width(side)
	var out block.Block
	for _, f := range fields {
		if f.Text == "" {
			continue
		}
		style := t.Text
		if f.Style != nil {
			style = *f.Style
		}
		text := block.Clean(f.Text)
		if room < column+20 {
			out = append(out, side+t.Muted.Render(block.Cut(f.Name, max(1, room))))
			out = append(out, Indent(side, style, text, w)...)
			continue
		}
		label := f.Name
		for _, line := range block.Wrap(text, room-column) {
			out = append(out, side+t.Muted.Render(block.Fit(label, column))+style.Render(line))
			label = ""
		}
	}
	return out
}

// Indent wraps text behind a lead.
func Indent(lead string, style theme.Style, text string, w int) block.Block {
	var out block.Block
	for _, line := range block.Wrap(text, max(1, w-block.Width(lead))) {
		out = append(out, lead+style.Render(line))
	}
	return out
}

// Where says where a setting comes from: file:line:column, or the kind of
// place.
func Where(s inspect.Source) string {
	switch {
	case s.File != "" && s.Line > 0 && s.Column > 0:
		return fmt.Sprintf("%s:%d:%d", block.Clean(s.File), s.Line, s.Column)
	case s.File != "" && s.Line > 0:
		return fmt.Sprintf("%s:%d", block.Clean(s.File), s.Line)
	case s.File != "":
		return block.Clean(s.File)
	}
	return block.Clean(string(s.Origin))
}
