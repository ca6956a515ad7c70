package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/plain"
	"bulkhead/ui/workbench"
)

func (a *app) plainCommand() *cobra.Command {
	var f trialFlags
	cmd := &cobra.Command{
		Use:     "plain [TARGET]",
		Short:   "Walk through everything in numbered line prompts, for any terminal and for screen readers",
		Example: "bulkhead plain shop/web",
		Long: "Lists the workloads with their open layers, explains what was found in the one you choose, lets you lead its " +
			"trials a step at a time, and shows the diff before it asks whether to write it. The end of the input is a stop.\n\n" +
			"The dialogue is written to stderr, the result to stdout. Its exit codes are those of `bulkhead trial`.",
		Args: atMostOne("target"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.plain(cmd.Context(), append(args, "")[0], f)
		},
	}
	f.register(cmd.Flags())
	return cmd
}

func (a *app) plain(ctx context.Context, target string, f trialFlags) error {
	b, err := a.trialBench(ctx, f)
	if err != nil {
		return err
	}
	console := a.console()
	if f.byEye {
		b.Trials.Eye = console.Eye
	}
	r, err := console.Guide(ctx, b, proved{b}, target, func(r trial.Result) error { return a.printResult(r, f.format) })
	if err != nil {
		return a.stopped(r, err)
	}
	if r.Workload != "" && !r.Proved {
		return exitError(exitFindings)
	}
	return nil
}

// proved drafts as the write command does.
type proved struct{ *workbench.Bench }

// Draft drafts the newest proved plan of the workload.
func (p proved) Draft(ctx context.Context, w inspect.Workload) (workbench.Draft, error) {
	return writeFlags{}.draft(ctx, p.Bench, w)
}

// console is where a person is asked: on stderr, because stdout is data.
func (a *app) console() *plain.Console {
	_, typed := terminal(a.in)
	return plain.NewConsole(a.in, a.errOut, min(100, a.outWidth()), !typed)
}

// stopped says how a search that did not come to its end is carried on.
func (a *app) stopped(r trial.Result, err error) error {
	if kept := plain.Kept(r); kept != "" && (errors.Is(err, plain.ErrStopped) || errors.Is(err, context.Canceled)) {
		fmt.Fprintln(a.errOut, kept)
	}
	a.lastLines(err)
	if errors.Is(err, plain.ErrStopped) {
		return exitError(exitInterrupted)
	}
	return err
}
