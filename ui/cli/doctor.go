package cli

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"bulkhead/fix/daemon"
	"bulkhead/inspect"
	"bulkhead/inspect/doctor"
	"bulkhead/ui/report"
	"bulkhead/ui/tui/theme"
)

func (a *app) doctorCommand() *cobra.Command {
	var format, road, as string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Show what this machine, its engine and its kernel offer, and how to get what is missing",
		Long: "Shows what bulkhead can make use of here. With --for it is a checklist instead: the steps to an engine whose " +
			"root is not the host's, for this machine, each with the commands to type, what it costs, and whether it is " +
			"done. It changes nothing; run it again after a step. While steps are open it ends with 1.",
		Example: "bulkhead doctor --for rootless",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("--format", format, "text", "json"); err != nil {
				return err
			}
			if road != "" || as != "" {
				return a.road(cmd.Context(), daemon.Road(road), as, format)
			}
			return a.doctor(cmd.Context(), format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.Flags().StringVar(&road, "for", "", "the steps to an engine without the host's root: rootless or userns-remap")
	cmd.Flags().StringVar(&as, "as", "", "with --for rootless: who is to run the engine; the default is you")
	return cmd
}

func (a *app) doctor(ctx context.Context, format string) error {
	items := doctor.Examine(ctx, doctor.Machine{
		Engine: a.surveyed, Root: "/", OS: runtime.GOOS,
		LookPath: exec.LookPath, Run: doctor.Command, Timeout: 20 * time.Second,
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if format == "json" {
		return report.Indented(a.out, struct {
			SchemaVersion int           `json:"schemaVersion"`
			Items         []doctor.Item `json:"items"`
		}{report.SchemaVersion, items})
	}
	return a.printDoctor(items)
}

// surveyed is what the engine offers; a missing one is a result, no failure.
func (a *app) surveyed(ctx context.Context) (inspect.Host, error) {
	b, err := a.bench(ctx)
	if err != nil {
		return inspect.Host{}, err
	}
	defer b.Engine.Close()
	return b.Engine.Survey(ctx)
}

func (a *app) printDoctor(items []doctor.Item) error {
	t, out := a.outTheme(), a.styled()
	group := ""
	for _, it := range items {
		if it.Group != group {
			if group != "" {
				fmt.Fprintln(out)
			}
			group = it.Group
			fmt.Fprintln(out, t.Title.Render(group))
		}
		glyph, style := told(t, it.State == doctor.Present, it.State == doctor.Missing)
		line := fmt.Sprintf("  %s %-24s %s", style.Render(fmt.Sprintf("%s %-7s", glyph, it.State)), it.Name, it.Detail)
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
		if it.Cost != "" {
			fmt.Fprintf(out, "      costs %s\n      does not see %s\n", it.Cost, it.Unseen)
		}
		if it.State != doctor.Present || it.Cost != "" {
			fmt.Fprintf(out, "      for %s\n", it.For)
			if it.Get != "" {
				fmt.Fprintf(out, "      get it: %s\n", it.Get)
			}
		}
	}
	return nil
}

// told is how a thing is marked that is good, or bad, or neither: not known.
func told(t *theme.Theme, good, bad bool) (glyph string, style theme.Style) {
	switch {
	case good:
		return "✓", t.Good
	case bad:
		return "✗", t.Fair
	}
	return "?", t.Doubt
}
