package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) cleanCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "Remove what a crash may have left of trials",
		Long:  "Removes containers, volumes, networks and images of trials whose bulkhead is gone, and ends its unfinished writes: files are what they were, or written so that undo takes them back. Those of a running bulkhead are left alone.",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := a.bench(cmd.Context())
			if err != nil {
				return err
			}
			removed, err := b.Clean(cmd.Context(), all)
			for _, what := range removed {
				fmt.Fprintln(a.out, "removed", what)
			}
			if err == nil && len(removed) == 0 {
				fmt.Fprintln(a.out, "nothing was left")
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "also what belongs to a running bulkhead or to one on another machine")
	return cmd
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.out, "bulkhead", version)
			return err
		},
	}
}
