package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// writeFlags are the flags of the write command.
type writeFlags struct {
	files       []string
	to          string
	dryRun, yes bool
}

func (a *app) writeCommand() *cobra.Command {
	var f writeFlags
	cmd := &cobra.Command{
		Use:     "write TARGET",
		Short:   "Write the proved plan down: into the Compose file, or as a docker run command",
		Example: "bulkhead write shop/web --to compose --dry-run",
		Long: "Takes the newest proved plan for the target from the journal and shows what would change; a Compose file " +
			"is written only after you accept the diff. It is written atomically, with a backup beside it, and only what " +
			"was read back and verified.",
		Args: exactly(1, "one target"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.write(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "file", "f", nil, "the Compose files that define the service")
	flags.StringVar(&f.to, "to", "", "compose or run; the default fits the target")
	flags.BoolVar(&f.dryRun, "dry-run", false, "only print the diff")
	flags.BoolVarP(&f.yes, "yes", "y", false, "write without asking")
	return cmd
}

func (a *app) write(ctx context.Context, target string, f writeFlags) error {
	if err := oneOf("--to", f.to, "", "compose", "run"); err != nil {
		return err
	}
	b, err := a.bench(ctx)
	if err != nil {
		return err
	}
	b.Files = f.files
	w, err := b.Find(ctx, target)
	if err != nil {
		return err
	}
	d, err := draft(ctx, b, w, f.to)
	if err != nil {
		return err
	}
	return a.offer(ctx, b, w, d, f)
}

// draft makes the draft that was asked for.
func draft(ctx context.Context, b *workbench.Bench, w inspect.Workload, to string) (workbench.Draft, error) {
	result, err := b.Proved(w)
	if err != nil {
		return workbench.Draft{}, err
	}
	switch to {
	case "compose":
		return b.DraftCompose(ctx, w, result)
	case "run":
		return b.DraftRun(ctx, w, result)
	default:
		return b.Draft(ctx, w, result)
	}
}

// offer shows the draft and writes it where that is accepted.
func (a *app) offer(ctx context.Context, b *workbench.Bench, w inspect.Workload, d workbench.Draft, f writeFlags) error {
	for _, note := range d.Notes {
		fmt.Fprintln(a.errOut, "note:", inspect.Printable(note))
	}
	switch {
	case d.Kind == workbench.ToRun:
		fmt.Fprintln(a.out, d.Command)
		return nil
	case d.Unchanged():
		fmt.Fprintf(a.errOut, "%s already says so; nothing to write.\n", inspect.Printable(d.Path))
		return nil
	}
	fmt.Fprint(a.out, d.Diff)
	switch {
	case f.dryRun:
		return nil
	case !f.yes && !a.interactive():
		return usage("the diff was not accepted, so nothing was written", "Accept it with --yes, or only look with --dry-run.")
	case !f.yes:
		accepted, err := a.ask("Write " + inspect.Printable(d.Path) + "?")
		if err != nil || !accepted {
			fmt.Fprintln(a.errOut, "Nothing was written.")
			return err
		}
	}
	backup, err := b.Write(ctx, d)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.errOut, "Written. The old file is %s\nNext: docker compose up -d %s\n", inspect.Printable(backup), inspect.Printable(w.Service))
	return nil
}
