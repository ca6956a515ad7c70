package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/report"
	"bulkhead/ui/workbench"
)

// trialFlags are the flags of the trial command.
type trialFlags struct {
	files, exercises, keep, also, with []string
	exerciseTimeout, readyTimeout      time.Duration
	parallel                           int
	copyVolumes, devices, resume, logs bool
	egress, reload, format             string
}

func (a *app) trialCommand() *cobra.Command {
	var f trialFlags
	cmd := &cobra.Command{
		Use:     "trial TARGET",
		Short:   "Find how far a workload can be closed, by trials on isolated copies",
		Example: `bulkhead trial shop/web --exercise 'curl -fsS http://$BULKHEAD_ADDRESS:$BULKHEAD_PORT_80/'`,
		Long: "Runs isolated copies of the target: first under today's settings, then with everything dropped, then " +
			"giving back only what it breaks without. The target itself is never changed, stopped or entered.\n\n" +
			"A target is a container's name or ID, project/service, or a service's name with -f FILE. An exercise is a " +
			"command on this machine that makes the service do its work; it finds the copy in BULKHEAD_CONTAINER, " +
			"BULKHEAD_ADDRESS and BULKHEAD_PORT_<container port>.",
		Args: exactly(1, "one target"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.trial(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "file", "f", nil, "the Compose files that define the service")
	flags.StringArrayVar(&f.exercises, "exercise", nil, "command that makes the service do its work; repeatable")
	flags.DurationVar(&f.exerciseTimeout, "exercise-timeout", 30*time.Second, "how long an exercise may take")
	flags.DurationVar(&f.readyTimeout, "ready-timeout", workbench.DefaultPatience, "how long the first copy may take to become ready")
	flags.StringSliceVar(&f.keep, "keep", nil, "capabilities that stay in any case")
	flags.StringSliceVar(&f.also, "also", nil, "dials to turn besides: user (start as the user it drops to), limits (by the peaks seen), loopback (published ports)")
	flags.StringVar(&f.reload, "reload", "", "signal that makes the service read its configuration again, such as HUP")
	flags.IntVar(&f.parallel, "parallel", 0, "how many copies may run at once; 0 goes by the engine's processors")
	flags.BoolVar(&f.copyVolumes, "copy-volumes", false, "fill the copies' volumes with what the target's hold")
	flags.StringSliceVar(&f.with, "with", nil, "further containers to copy together with the target")
	flags.BoolVar(&f.devices, "devices", false, "let the copies use the devices of the host that the target uses")
	flags.StringVar(&f.egress, "egress", string(workbench.EgressNever), "whether the copies may reach other networks and the internet: never, if-needed, always")
	flags.Lookup("egress").NoOptDefVal = string(workbench.EgressAlways)
	flags.BoolVar(&f.resume, "resume", false, "carry on the newest search that was interrupted")
	flags.StringVar(&f.format, "format", "text", "text or json")
	flags.BoolVar(&f.logs, "logs", false, "show the copies' log lines as they come")
	return cmd
}

// options checks the flags.
func (f trialFlags) options() (workbench.TrialOptions, error) {
	o := workbench.TrialOptions{
		Patience: f.readyTimeout, Parallel: f.parallel, CopyVolumes: f.copyVolumes, Egress: workbench.Egress(f.egress),
		Reload: strings.TrimPrefix(strings.ToUpper(f.reload), "SIG"), With: f.with, Devices: f.devices, Resume: f.resume,
	}
	if err := oneOf("--egress", f.egress, string(workbench.EgressNever), string(workbench.EgressIfNeeded), string(workbench.EgressAlways)); err != nil {
		return o, err
	}
	for _, dial := range f.also {
		if err := oneOf("--also", dial, "user", "limits", "loopback"); err != nil {
			return o, err
		}
	}
	o.Also = trial.Also{
		User: slices.Contains(f.also, "user"), Limits: slices.Contains(f.also, "limits"), Loopback: slices.Contains(f.also, "loopback"),
	}
	if err := oneOf("--format", f.format, "text", "json"); err != nil {
		return o, err
	}
	switch {
	case f.exerciseTimeout <= 0:
		return o, usage("--exercise-timeout must be positive", "")
	case f.readyTimeout <= 0:
		return o, usage("--ready-timeout must be positive", "")
	case f.parallel < 0 || f.parallel > 16:
		return o, usage("--parallel takes 1 to 16, or 0", "")
	}
	for _, name := range f.keep {
		c, err := inspect.ParseCap(name)
		if err != nil {
			return o, usage("--keep: "+err.Error(), "Capabilities are written like NET_BIND_SERVICE.")
		}
		o.Keep |= c
	}
	for _, command := range f.exercises {
		o.Exercises = append(o.Exercises, health.Exercise{Command: command, Timeout: f.exerciseTimeout})
	}
	return o, nil
}

func (a *app) trial(ctx context.Context, target string, f trialFlags) error {
	options, err := f.options()
	if err != nil {
		return err
	}
	b, err := a.bench(ctx)
	if err != nil {
		return err
	}
	b.Files, b.Trials = f.files, options
	w, err := b.Find(ctx, target)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.errOut, "Running isolated copies of %s; the original is not touched.\n", inspect.Printable(w.Name))
	quiet := context.AfterFunc(ctx, func() { fmt.Fprintln(a.errOut, "Stopping; the copies are being removed.") })
	defer quiet()
	var mu sync.Mutex
	result, err := b.Trial(ctx, w, func(e trial.Event) {
		mu.Lock()
		defer mu.Unlock()
		a.tell(e, f.logs)
	})
	if err != nil {
		a.lastLines(err)
		return err
	}
	if f.format == "json" {
		err = report.Indented(a.out, result)
	} else {
		err = report.Trial(a.styled(), result, a.outTheme(), a.outWidth())
	}
	if err == nil && !result.Proved {
		return exitError(exitFindings)
	}
	return err
}

// tell says on stderr what a search is doing.
func (a *app) tell(e trial.Event, logs bool) {
	switch {
	case e.Kind == trial.StepFinished:
		fmt.Fprintf(a.errOut, "%3d  %-6s %5.1f s  %s\n", e.Step.N, e.Trial.Verdict, e.Trial.Seconds, inspect.Printable(e.Step.Purpose))
		if e.Trial.Verdict == trial.Failed {
			for _, why := range e.Trial.Evidence {
				fmt.Fprintf(a.errOut, "                     %s\n", inspect.Printable(why))
			}
		}
	case e.Kind == trial.StepDropped:
		fmt.Fprintf(a.errOut, "%3d  -               %s: called back, its answer is of no more use\n", e.Step.N, inspect.Printable(e.Step.Purpose))
	case e.Kind == trial.Note:
		fmt.Fprintf(a.errOut, "     note: %s\n", inspect.Printable(e.Line))
	case e.Kind == trial.LogLine && logs:
		fmt.Fprintf(a.errOut, "%3d  | %s\n", e.Step.N, inspect.Printable(e.Line))
	}
}

// lastLines shows what the copy said before a failed baseline.
func (a *app) lastLines(err error) {
	var failed *trial.BaselineError
	if !errors.As(err, &failed) || len(failed.Log) == 0 {
		return
	}
	fmt.Fprintf(a.errOut, "The copy's last log lines:\n  %s\n", strings.Join(failed.Log, "\n  "))
}
