package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bulkhead/ui/lab"
	"bulkhead/ui/workbench"
)

func (a *app) labCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Start practice services made of this very binary, and open the terminal UI on them",
		Long: "Starts a small Compose project whose services ask for more than they need. Its images are made of this " +
			"binary: nothing is pulled. The Compose file is copied to a directory where you can edit it.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := a.labUp(cmd.Context(), dir)
			if err != nil || !a.fullScreen() {
				return err
			}
			return a.ui(cmd.Context(), b, "bulkhead-lab/web")
		},
	}
	up := &cobra.Command{
		Use: "up", Short: "Start the practice services without opening the UI", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := a.labUp(cmd.Context(), dir)
			return err
		},
	}
	down := &cobra.Command{
		Use: "down", Short: "Remove the practice services with everything they made", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := a.bench(cmd.Context())
			if err != nil {
				return err
			}
			return lab.Down(cmd.Context(), a.labOptions(b, dir))
		},
	}
	cmd.PersistentFlags().StringVar(&dir, "dir", "", "directory for the lab's compose.yaml (default: bulkhead/bulkhead-lab in your data directory)")
	cmd.AddCommand(up, down)
	return cmd
}

func (a *app) labOptions(b *workbench.Bench, dir string) lab.Options {
	return lab.Options{API: b.Engine.API, Host: b.Engine.Host, Dir: dir, Out: a.errOut}
}

func (a *app) labUp(ctx context.Context, dir string) (*workbench.Bench, error) {
	b, err := a.bench(ctx)
	if err != nil {
		return nil, err
	}
	err = lab.Up(ctx, a.labOptions(b, dir))
	var broken *lab.ServiceError
	if errors.As(err, &broken) {
		// The rest runs; a service that an edit broke is part of the practice.
		fmt.Fprintf(a.errOut, "bulkhead: %v\n  %s\n", broken, broken.Hint())
	} else if err != nil {
		return nil, err
	}
	fmt.Fprintln(a.errOut, "The lab is up. `bulkhead lab down` removes everything.")
	return b, nil
}
