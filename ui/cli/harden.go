package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/charmbracelet/colorprofile"
	"github.com/spf13/cobra"

	"bulkhead/inspect"
	"bulkhead/ui/report"
	"bulkhead/ui/tui/theme"
)

func (a *app) hardenCommand() *cobra.Command {
	var f trialFlags
	var w writeFlags
	cmd := &cobra.Command{
		Use:     "harden TARGET",
		Short:   "Find how far a workload can be closed, and write it down: trial, then write",
		Example: "bulkhead harden shop/web --to compose",
		Long: "Runs trials on isolated copies of the target as `bulkhead trial` does, then shows what would change as " +
			"`bulkhead write` does, and writes it only after you accept the diff. A plan that the trials did not prove is not " +
			"written.\n\nThe running container is not touched: what starts it anew is printed, and `bulkhead verify` holds it " +
			"against the plan afterwards.",
		Args: exactly(1, "one target"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.harden(cmd.Context(), args[0], f, w) },
	}
	f.register(cmd.Flags())
	// It is refused with the next step, so it is not listed.
	cmd.Flags().Lookup("format").Hidden = true
	w.registerTarget(cmd.Flags())
	return cmd
}

func (a *app) harden(ctx context.Context, target string, f trialFlags, w writeFlags) error {
	if err := oneOf("--to", w.to, targetForms...); err != nil {
		return err
	}
	if f.format != "text" {
		return usage("harden has no --format: its stdout is what would be written", "`bulkhead trial --format json` prints what the trials find.")
	}
	b, workload, err := a.subject(ctx, target, f)
	if err != nil {
		return err
	}
	if err := a.canAccept(workload, w); err != nil {
		return err
	}
	result, err := a.search(ctx, b, workload, f)
	if err != nil {
		return err
	}
	if err := report.Trial(colorprofile.NewWriter(a.errOut, os.Environ()), result, theme.New(true, false), a.outWidth()); err != nil {
		return err
	}
	if !result.Proved {
		fmt.Fprintln(a.errOut, "No trial proved a plan, so nothing was written.")
		return exitError(exitFindings)
	}
	d, err := w.draft(ctx, b, workload)
	if err != nil {
		return err
	}
	return a.offer(ctx, b, d, w)
}

// canAccept refuses a long search whose result could not be written, because
// nobody could be asked.
func (a *app) canAccept(workload inspect.Workload, w writeFlags) error {
	toFile := w.to == "compose" || w.to == "override" || w.to == "" && workload.IsService()
	if !toFile || w.dryRun || w.yes || a.interactive() {
		return nil
	}
	return usage("nobody could accept the diff", "Accept it beforehand with --yes, or only look with --dry-run.")
}
