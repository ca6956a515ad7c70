package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"bulkhead/inspect"
	"bulkhead/ui/policy"
	"bulkhead/ui/workbench"
)

// auditFlags are the flags of the audit command.
type auditFlags struct {
	files            []string
	format, out      string
	failOn           string
	only, skip       []string
	baseline, config string
}

func (a *app) auditCommand() *cobra.Command {
	var f auditFlags
	cmd := &cobra.Command{
		Use:   "audit [TARGET…]",
		Short: "Show which layers each container and Compose service is missing",
		Long: "Looks at every container and Compose service and reports what each lacks, with evidence, source and mend.\n\n" +
			"Findings that somebody has decided to live with stand in " + policy.FileName + ", each with a reason and a last day:\n\n" +
			"  suppress:\n    - check: user-root\n      workload: shop/*\n      path: deploy/**/*.yaml\n" +
			"      reason: the vendor's image needs it; asked them to change it\n      expires: 2030-01-31\n\n" +
			"It is looked for beside the Compose file, or in the working directory, and above, up to the repository's top.",
		Example: "bulkhead audit -f compose.yaml --fail-on high",
		RunE: func(cmd *cobra.Command, targets []string) error {
			return a.audit(cmd.Context(), targets, f)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "file", "f", nil, "read these Compose files instead of the engine")
	flags.StringVar(&f.format, "format", "table", strings.Join(auditFormats, ", "))
	flags.StringVarP(&f.out, "output", "o", "", "write to this file instead of stdout")
	flags.StringVar(&f.failOn, "fail-on", "none", "exit 1 on a finding of this severity or above: low, medium, high, critical")
	flags.StringSliceVar(&f.only, "only", nil, "report only these checks and layers")
	flags.StringSliceVar(&f.skip, "skip", nil, "leave out these checks and layers")
	flags.StringVar(&f.baseline, "baseline", "", "an earlier audit's JSON: report only what is new since")
	flags.StringVar(&f.config, "config", "", "the project's configuration; otherwise "+policy.FileName+" is looked for")
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

func (a *app) audit(ctx context.Context, targets []string, f auditFlags) error {
	threshold, err := failSeverity(f.failOn)
	if err != nil {
		return err
	}
	if err := oneOf("--format", f.format, auditFormats...); err != nil {
		return err
	}
	// Before the engine is asked: what is wrong on the command line is said at once.
	rules, err := auditPolicy(f)
	if err != nil {
		return err
	}
	b, err := a.auditBench(ctx, f.files)
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
	rules.Now = b.Now()
	outcome := rules.Apply(found)
	if err := a.print(ctx, b, outcome, f); err != nil {
		return err
	}
	if len(targets) == 0 {
		a.noteUnused(outcome.Unused)
	}
	if worst, any := outcome.Worst(); any && worst >= threshold {
		return exitError(exitFindings)
	}
	// An engine that could not be looked at is not fine.
	return found.Missed
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
