package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"bulkhead/inspect"
)

func (a *app) verifyCommand() *cobra.Command {
	var files []string
	cmd := &cobra.Command{
		Use:     "verify TARGET",
		Short:   "Hold a container's settings against its newest proved plan",
		Example: "bulkhead verify shop/web",
		Long: "Reads the settings that the engine keeps of the target's container, and says which changes of the newest proved " +
			"plan are not in force; what the plan does not speak of is held against the service's Compose file. Run it after what was written was started. Exit code 1 means that something differs.",
		Args: exactly(1, "one target"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.verify(cmd.Context(), args[0], files) },
	}
	cmd.Flags().StringArrayVarP(&files, "file", "f", nil, "the Compose files that define the service")
	return cmd
}

func (a *app) verify(ctx context.Context, target string, files []string) error {
	b, err := a.bench(ctx)
	if err != nil {
		return err
	}
	b.Files = files
	w, err := b.Find(ctx, target)
	if err != nil {
		return err
	}
	differs, err := b.Verify(ctx, w)
	if err != nil {
		return err
	}
	name := inspect.Printable(w.Name)
	for _, line := range differs {
		fmt.Fprintf(a.out, "%s: %s\n", name, strings.TrimPrefix(inspect.Printable(line), name+": "))
	}
	if len(differs) > 0 {
		return exitError(exitFindings)
	}
	fmt.Fprintf(a.out, "%s: everything that was planned is in force.\n", name)
	return nil
}
