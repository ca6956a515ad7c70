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
	"github.com/spf13/pflag"

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
	step, byEye, runDeclared           bool
	egress, reload, format, observe    string
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
			"BULKHEAD_ADDRESS and BULKHEAD_PORT_<container port>. It is run twice: BULKHEAD_PHASE is exercise after the first " +
			"start, and restart after the copy was started again on what the first start left. A workload may declare exercises " +
			"itself; they run only with --run-declared.\n\n" +
			"With --step you lead the search in numbered line prompts. A search that is stopped, by you, by the end of the " +
			"input or by ctrl+c, exits with 130, and --resume carries it on.",
		Args: exactly(1, "one target"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.trial(cmd.Context(), args[0], f) },
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&f.step, "step", false, "lead the search yourself, a step at a time")
	cmd.Flags().BoolVar(&f.logs, "logs", false, "show the copies' log lines as they come")
	return cmd
}

// register adds the flags that every command with trials has.
func (f *trialFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&f.files, "file", "f", nil, "the Compose files that define the service")
	flags.StringArrayVar(&f.exercises, "exercise", nil, "command that makes the service do its work; repeatable")
	flags.DurationVar(&f.exerciseTimeout, "exercise-timeout", workbench.DefaultExerciseTimeout, "how long an exercise may take")
	flags.BoolVar(&f.runDeclared, workbench.RunDeclaredFlag, false, "run the exercises that the workload itself declares, on this machine")
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
	flags.StringVar(&f.observe, "observe", string(workbench.ObserveAuto), "whether an observer guides the search: auto, ebpf (it watches copies); ptrace, log (before the search, a copy of its own); never")
	flags.BoolVar(&f.resume, "resume", false, "carry on the newest search that was interrupted")
	flags.BoolVar(&f.byEye, "by-eye", false, "look at each copy yourself, one at a time, and say whether it works")
	flags.StringVar(&f.format, "format", "text", "text or json")
}

// options checks the flags.
func (f trialFlags) options() (workbench.TrialOptions, error) {
	o := workbench.TrialOptions{
		Patience: f.readyTimeout, Parallel: f.parallel, CopyVolumes: f.copyVolumes, Egress: workbench.Egress(f.egress),
		Observe: workbench.Observing(f.observe), With: f.with, Devices: f.devices, Resume: f.resume, RunDeclared: f.runDeclared, ExerciseTimeout: f.exerciseTimeout,
	}
	if f.reload != "" {
		signal, err := inspect.ParseSignal(f.reload)
		if err != nil {
			return o, usage("--reload: "+err.Error(), "")
		}
		o.Reload = signal
	}
	if err := oneOf("--egress", f.egress, string(workbench.EgressNever), string(workbench.EgressIfNeeded), string(workbench.EgressAlways)); err != nil {
		return o, err
	}
	if err := oneOf("--observe", f.observe, workbench.Observings...); err != nil {
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
	case f.byEye && f.parallel > 1:
		return o, usage("--by-eye and --parallel exclude each other: you look at one copy at a time", "")
	case f.byEye:
		o.Parallel = 1
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

// trialBench is a workbench with what the flags say of trials.
func (a *app) trialBench(ctx context.Context, f trialFlags) (*workbench.Bench, error) {
	options, err := f.options()
	if err != nil {
		return nil, err
	}
	b, err := a.bench(ctx)
	if err != nil {
		return nil, err
	}
	b.Files, b.Trials = f.files, options
	return b, nil
}

// subject is the workload that the trials are about, and the workbench for them.
func (a *app) subject(ctx context.Context, target string, f trialFlags) (*workbench.Bench, inspect.Workload, error) {
	b, err := a.trialBench(ctx, f)
	if err != nil {
		return nil, inspect.Workload{}, err
	}
	w, err := b.Find(ctx, target)
	return b, w, err
}

func (a *app) trial(ctx context.Context, target string, f trialFlags) error {
	b, w, err := a.subject(ctx, target, f)
	if err != nil {
		return err
	}
	result, err := a.search(ctx, b, w, f)
	if err != nil {
		return err
	}
	if err = a.printResult(result, f.format); err == nil && !result.Proved {
		return exitError(exitFindings)
	}
	return err
}

// search lets the search run, or the person lead it, and says on stderr what it
// does. Its copies are gone when it returns.
func (a *app) search(ctx context.Context, b *workbench.Bench, w inspect.Workload, f trialFlags) (trial.Result, error) {
	a.tellUnfinished(ctx, b, w)
	fmt.Fprintf(a.errOut, "Running isolated copies of %s; the original is not touched.\n", inspect.Printable(w.Name))
	quiet := context.AfterFunc(ctx, func() { fmt.Fprintln(a.errOut, "Stopping; the copies are being removed.") })
	defer quiet()
	console := a.console()
	console.Logs = f.logs
	if f.byEye {
		b.Trials.Eye = console.Eye
	}
	var result trial.Result
	var err error
	if f.step {
		result, err = console.Attempt(ctx, b, w)
	} else {
		result, err = b.Trial(ctx, w, a.teller(f.logs))
	}
	if err != nil {
		err = a.stopped(result, err)
	}
	return result, err
}

// teller tells what a search does, one event at a time.
func (a *app) teller(logs bool) func(trial.Event) {
	var mu sync.Mutex
	return func(e trial.Event) {
		mu.Lock()
		defer mu.Unlock()
		a.tell(e, logs)
	}
}

// tellUnfinished says that the journal holds a search that this one will take
// the place of, where it could be carried on.
func (a *app) tellUnfinished(ctx context.Context, b *workbench.Bench, w inspect.Workload) {
	if b.Trials.Resume {
		return
	}
	r, err := b.Interrupted(ctx, w)
	if err != nil || r == nil || len(r.Trials) == 0 {
		return // what cannot be read is told where it is asked for, by --resume
	}
	fmt.Fprintf(a.errOut, "A search of %s that was interrupted after %d runs is kept; --resume carries it on. This one begins anew and takes its place.\n",
		r.Started.Local().Format("2006-01-02 15:04"), len(r.Trials))
}

// printResult writes a result to stdout.
func (a *app) printResult(r trial.Result, format string) error {
	if format == "json" {
		return report.Indented(a.out, r)
	}
	if err := report.Trial(a.styled(), r, a.outTheme(), a.outWidth()); err != nil || !r.Proved {
		return err
	}
	_, err := fmt.Fprintf(a.out, "Next: bulkhead write %s\n", inspect.Printable(r.Workload))
	return err
}

// tell says on stderr what a search is doing.
func (a *app) tell(e trial.Event, logs bool) {
	switch {
	case e.Kind == trial.StepFinished:
		fmt.Fprintf(a.errOut, "%3d  %-6s %5.1f s  %s\n", e.Step.N, e.Trial.Verdict, e.Trial.Seconds, inspect.Printable(e.Step.Purpose))
		if e.Step.Because != "" {
			fmt.Fprintf(a.errOut, "                     because: %s\n", inspect.Printable(e.Step.Because))
		}
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
