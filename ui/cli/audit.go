package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"bulkhead/inspect"
	"bulkhead/ui/report"
	"bulkhead/ui/workbench"
)

func (a *app) auditCommand() *cobra.Command {
	var files []string
	var format, failOn string
	cmd := &cobra.Command{
		Use:     "audit [TARGET…]",
		Short:   "Show which layers each container and Compose service is missing",
		Example: "bulkhead audit -f compose.yaml --fail-on high",
		RunE: func(cmd *cobra.Command, targets []string) error {
			threshold, err := failSeverity(failOn)
			if err != nil {
				return err
			}
			if err := oneOf("--format", format, "table", "json"); err != nil {
				return err
			}
			return a.audit(cmd.Context(), targets, files, format, threshold)
		},
	}
	cmd.Flags().StringArrayVarP(&files, "file", "f", nil, "read these Compose files instead of the engine")
	cmd.Flags().StringVar(&format, "format", "table", "table or json")
	cmd.Flags().StringVar(&failOn, "fail-on", "none", "exit 1 on a finding of this severity or above: low, medium, high, critical")
	return cmd
}

// never is above every severity.
const never = inspect.Critical + 1

func failSeverity(name string) (inspect.Severity, error) {
	if name == "none" {
		return never, nil
	}
	s, err := inspect.ParseSeverity(name)
	if err != nil {
		return s, usage("--fail-on: "+err.Error(), "")
	}
	return s, nil
}

func oneOf(flag, value string, allowed ...string) error {
	for _, v := range allowed {
		if v == value {
			return nil
		}
	}
	return usage(fmt.Sprintf("%s does not know %q", flag, inspect.Printable(value)), fmt.Sprintf("Use one of %v.", allowed))
}

func (a *app) audit(ctx context.Context, targets, files []string, format string, threshold inspect.Severity) error {
	b, err := a.auditBench(ctx, files)
	if err != nil {
		return err
	}
	found, err := b.Audit(ctx)
	if err != nil {
		return err
	}
	if found.Workloads, err = found.Select(targets); err != nil {
		return err
	}
	if err := a.print(found, format); err != nil {
		return err
	}
	for _, w := range found.Workloads {
		if len(w.Findings()) > 0 && w.Worst() >= threshold {
			return exitError(exitFindings)
		}
	}
	return nil
}

// auditBench asks an engine only where no file is given.
func (a *app) auditBench(ctx context.Context, files []string) (*workbench.Bench, error) {
	if len(files) == 0 {
		return a.bench(ctx)
	}
	b, err := workbench.Default()
	if err != nil {
		return nil, err
	}
	b.Files = files
	return b, nil
}

func (a *app) print(found workbench.Audit, format string) error {
	if format == "json" {
		return report.JSON(a.out, found)
	}
	return report.Table(a.styled(), found, a.outTheme(), a.outWidth())
}
