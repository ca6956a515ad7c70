package detail

import (
	"maps"
	"slices"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/judgement"
	"bulkhead/ui/tui/theme"
)

// unknownSettings heads the settings whose value could not be read.
const unknownSettings = "unknown settings"

// unresolved draws each setting with the reason why it is not known.
func unresolved(t *theme.Theme, reasons map[string]string, w int) block.Block {
	mark := t.State(inspect.Unknown)
	out := block.Block{judgement.Heading(t, mark, unknownSettings, w)}
	out = append(out, judgement.Indent("  ", t.Faint, "Which settings could not be read?", w)...)
	var fields []judgement.Field
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		fields = append(fields, judgement.Field{Name: block.Clean(name), Text: why(name, reasons[name])})
	}
	out = append(out, judgement.Fields(t, judgement.Side(mark.Style), fields, w)...)
	out = append(out, judgement.Indent("  ", t.Text, "Their values are not known, so nothing is called closed because of them.", w)...)
	return append(out, judgement.Indent("  ", t.Muted, "Remove the cause, then look again from the list.", w)...)
}

// why is the reason, and for a setting that stands for others what is lost.
func why(name, reason string) string {
	if reason == "" {
		reason = "the reason is not known"
	}
	if name == "extends" || name == "env_file" {
		return reason + "; all that it would have added is not known"
	}
	return reason
}
