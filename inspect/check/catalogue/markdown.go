package catalogue

import (
	"fmt"
	"io"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
)

// Markdown writes the checks in full, by layer. With all of them it writes the
// whole catalogue: a list before them and the CIS table behind.
func Markdown(w io.Writer, checks []check.Check) error {
	var b strings.Builder
	whole := len(checks) == len(check.All())
	if whole {
		heading(&b, checks)
	}
	var layer inspect.Layer
	for _, c := range checks {
		if c.Layer != layer {
			layer = c.Layer
			fmt.Fprintf(&b, "## %s\n\n*%s*\n\n", capital(string(layer)), layer.Question())
		}
		entry(&b, c)
	}
	if whole {
		cisTable(&b)
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

func heading(b *strings.Builder, checks []check.Check) {
	fmt.Fprintf(b, "# The checks\n\nWhat `bulkhead audit` asks of each workload and of the engine. "+
		"`bulkhead checks ID` says the same in the terminal. This file is made from the checks themselves "+
		"(`go test ./inspect/check/catalogue -update`), and a test runs every example.\n\n"+
		"A severity follows from two axes: what an attacker inside gains, and what the use of the door takes.\n\n"+
		"| gains | a documented command suffices | another flaw or circumstance must help |\n|---|---|---|\n"+
		"| the host | critical | high |\n"+
		"| data, traffic or service of others | high | medium |\n"+
		"| staying power or privilege inside the container | medium | low |\n\n"+
		"What is worth knowing and gains nothing by itself is *info*. "+
		"What could not be read is *unknown*, with the reason, and never counts as fine.\n\n"+
		"| check | layer | question |\n|---|---|---|\n")
	for _, c := range checks {
		fmt.Fprintf(b, "| [%s](#%s) | %s | %s |\n", c.ID, c.ID, c.Layer, c.Question)
	}
	b.WriteString("\n")
}

func entry(b *strings.Builder, c check.Check) {
	fmt.Fprintf(b, "### %s\n\n**%s**\n\n%s\n\n", c.ID, c.Question, c.Danger)
	fmt.Fprintf(b, "- How it is read: %s\n- How to mend: %s\n- What that may break: %s\n- References: %s\n\n",
		c.Read+".", sentence(c.Fix), c.MayBreak, strings.Join(c.References, "; "))
	example(b, "Finds fault with", c.Bad)
	example(b, "Finds no fault with", c.Good)
}

func example(b *strings.Builder, head, text string) {
	language := "yaml"
	if strings.HasPrefix(text, "{") {
		language = "json"
	}
	fmt.Fprintf(b, "%s:\n\n```%s\n%s\n```\n\n", head, language, strings.TrimRight(text, "\n"))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
