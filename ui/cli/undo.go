package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

func (a *app) undoCommand() *cobra.Command {
	var dryRun, yes bool
	cmd := &cobra.Command{
		Use:     "undo [FILE]",
		Short:   "Take back what bulkhead wrote last",
		Example: "bulkhead undo compose.yaml",
		Long: "Restores what the files of the newest write held before it, byte for byte, and removes those that it made: the newest " +
			"write of all, or the newest one to FILE. It refuses when a file is no longer as bulkhead wrote it.",
		Args: atMostOne("file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.undo(append(args, "")[0], dryRun, yes) },
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only print the diff")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "take it back without asking")
	return cmd
}

func (a *app) undo(file string, dryRun, yes bool) error {
	b, err := workbench.Default()
	if err != nil {
		return err
	}
	u, err := b.DraftUndo(file)
	if err != nil {
		return err
	}
	fmt.Fprint(a.out, u.Diff)
	if accepted, err := a.accepted("Take this back?", "nothing was taken back", dryRun, yes); err != nil || !accepted {
		return err
	}
	if err := b.Undo(u); err != nil {
		return err
	}
	for _, f := range u.Files {
		what := "Restored"
		if f.Content == nil {
			what = "Removed"
		}
		fmt.Fprintln(a.errOut, what, inspect.Printable(f.Path))
	}
	return nil
}
