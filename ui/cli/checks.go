package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/inspect/check/catalogue"
	"bulkhead/ui/report"
)

func (a *app) checksCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "checks [ID…]",
		Short:   "List the checks, or explain one: its question, its danger, and how to mend it",
		Example: "bulkhead checks engine-socket",
		RunE: func(_ *cobra.Command, ids []string) error {
			if err := oneOf("--format", format, "text", "json", "markdown"); err != nil {
				return err
			}
			checks, err := chosenChecks(ids)
			if err != nil {
				return err
			}
			return a.printChecks(checks, len(ids) > 0, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, json or markdown")
	return cmd
}

// chosenChecks are those with the IDs, all of them without any.
func chosenChecks(ids []string) ([]check.Check, error) {
	if len(ids) == 0 {
		return check.All(), nil
	}
	var chosen []check.Check
	for _, id := range ids {
		c, ok := check.ByID(id)
		if !ok {
			return nil, noSuchCheck(id)
		}
		chosen = append(chosen, c)
	}
	return chosen, nil
}

// noSuchCheck suggests the check that may have been meant.
func noSuchCheck(id string) error {
	hint := "Run `bulkhead checks` to see them all."
	if near := inspect.Near(id, catalogue.IDs(check.All())); len(near) > 0 {
		hint = fmt.Sprintf("Did you mean `bulkhead checks %s`?", near[0])
		for _, other := range near[1:] {
			hint += fmt.Sprintf(" Or %s?", other)
		}
	}
	return usage(fmt.Sprintf("there is no check %q", inspect.Printable(id)), hint)
}

func (a *app) printChecks(checks []check.Check, full bool, format string) error {
	switch {
	case format == "json":
		return report.Indented(a.out, struct {
			SchemaVersion int               `json:"schemaVersion"`
			Checks        []catalogue.Entry `json:"checks"`
		}{report.SchemaVersion, catalogue.Entries(checks)})
	case format == "markdown":
		return catalogue.Markdown(a.out, checks)
	case !full:
		return catalogue.List(a.out, checks)
	}
	for i, c := range checks {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		if err := catalogue.Explain(a.out, c); err != nil {
			return err
		}
	}
	return nil
}
