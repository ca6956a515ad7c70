package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"bulkhead/inspect/snapshot"
)

func (a *app) snapshotCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "snapshot -o FILE",
		Short: "Keep a look at the engine in a file, for --from",
		Long: "Writes what an audit reads of the engine, its containers and its services into a file that only you may read. " +
			"It holds names, paths, ports and settings, and no value of an environment variable or a label.",
		Example: "bulkhead snapshot -o host.json && bulkhead audit --from host.json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" {
				return usage("bulkhead snapshot needs a file", "For example: "+cmd.Example)
			}
			return a.snapshot(cmd.Context(), path)
		},
	}
	cmd.Flags().StringVarP(&path, "output", "o", "", "the file to write; - is stdout")
	return cmd
}

func (a *app) snapshot(ctx context.Context, path string) error {
	b, err := a.bench(ctx)
	if err != nil {
		return err
	}
	s, err := b.Take(ctx)
	if err != nil {
		return err
	}
	if path == "-" {
		return snapshot.Encode(a.out, s)
	}
	if err := snapshot.Write(path, s); err != nil {
		return err
	}
	fmt.Fprintf(a.errOut, "%s: %d workloads, %d problems. Look at it with `bulkhead audit --from %[1]s`.\n",
		path, len(s.Workloads), len(s.Problems))
	return nil
}
