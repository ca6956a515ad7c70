package catalogue

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"bulkhead/inspect/check"
)

// List writes a line for each check: its ID, its layer and its question.
func List(w io.Writer, checks []check.Check) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tLAYER\tQUESTION")
	for _, c := range checks {
		fmt.Fprintf(table, "%s\t%s\t%s\n", c.ID, c.Layer, c.Question)
	}
	return table.Flush()
}

// width is that of a paragraph of Explain.
const width = 80

// Explain writes one check in full, as text.
func Explain(w io.Writer, c check.Check) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n\n%s\n", c.ID, c.Layer, c.Question)
	for _, part := range []struct{ head, text string }{
		{"Finds", c.Title + "."},
		{"Danger", c.Danger},
		{"How it is read", c.Read + "."},
		{"How to mend", sentence(c.Fix)},
		{"What that may break", c.MayBreak},
	} {
		fmt.Fprintf(&b, "\n%s\n%s", part.head, wrapped(part.text))
	}
	fmt.Fprintf(&b, "\nFinds fault with\n%s\nFinds no fault with\n%s\nReferences\n", indented(c.Bad), indented(c.Good))
	for _, r := range c.References {
		fmt.Fprintf(&b, "  %s\n", r)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sentence makes a phrase one.
func sentence(phrase string) string {
	return strings.ToUpper(phrase[:1]) + phrase[1:] + "."
}

// wrapped breaks text into indented lines.
func wrapped(text string) string {
	var b strings.Builder
	line := " "
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width && line != " " {
			b.WriteString(line + "\n")
			line = " "
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
	return b.String()
}

func indented(example string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(example, "\n"), "\n", "\n  ") + "\n"
}
