package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"bulkhead/fix/health"
	"bulkhead/inspect"
	"bulkhead/inspect/observe"
	"bulkhead/ui/report"
	"bulkhead/ui/seen"
	"bulkhead/ui/workbench"
)

// observeFlags are the flags of the observe command.
type observeFlags struct {
	files        []string
	exercises    []string
	live         bool
	runDeclared  bool
	restart, yes bool
	length       time.Duration
	format       string
	observe      string
	socket       socketFlags
}

func (a *app) observeCommand() *cobra.Command {
	var f observeFlags
	cmd := &cobra.Command{
		Use:     "observe TARGET [--live|--socket]",
		Short:   "Watch what a container does: capabilities, system calls, files, sockets",
		Example: "bulkhead observe shop/web --for 30s --exercise 'curl -fsS http://$BULKHEAD_ADDRESS/'",
		Long: "Watches an isolated copy of the target through its life (first start, ready, exercise, stop and " +
			"restart) and says what it did. Each run is kept in the journal, and runs of the same image and command are put together.\n\n" +
			"With --live the target's own running container is watched for a while instead, from now on, and the run is kept likewise. It is not entered, " +
			"changed or restarted, unless you ask for --restart and confirm it.\n\n" +
			"With eBPF a helper with CAP_SYS_ADMIN (or BPF and PERFMON) and nothing else loads programs into the engine's kernel " +
			"that only look, and takes them away again. Where that is refused, as in rootless engines, the copy is traced with " +
			"ptrace instead, and where that is, too, its system calls are read from the kernel's log; each step down is said. " +
			"`bulkhead doctor` says which are possible here and what they cost.\n\n" +
			"What is shown is observed: what the container did not happen to do is not in it." +
			"\n\n" + socketHelp,
		Args: exactly(1, "one target"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.socket.asked {
				return a.observeSocket(cmd.Context(), args[0], f)
			}
			return a.observe(cmd.Context(), args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "file", "f", nil, "the Compose files that define the service")
	flags.StringArrayVar(&f.exercises, "exercise", nil, "command that makes the copy do its work; repeatable")
	flags.BoolVar(&f.runDeclared, "run-declared", false, "also run the exercises that the target itself declares")
	flags.BoolVar(&f.live, "live", false, "watch the running container itself")
	flags.BoolVar(&f.restart, "restart", false, "with --live: restart the container, so that its start is watched too; asks first")
	flags.BoolVarP(&f.yes, "yes", "y", false, "confirm --restart, or what --let-through names")
	flags.DurationVar(&f.length, "for", workbench.DefaultObserveLength, "how long to watch; a copy for so long after its exercises")
	flags.StringVar(&f.observe, "observe", string(workbench.ObserveAuto), "how to watch: ebpf, ptrace (copies only, slower), log (copies only, system calls only), or auto: the first that is possible")
	flags.StringVar(&f.format, "format", "text", "text or json")
	f.socket.register(flags)
	return cmd
}

func (f observeFlags) check() error {
	if err := oneOf("--format", f.format, "text", "json"); err != nil {
		return err
	}
	if err := oneOf("--observe", f.observe, slices.DeleteFunc(slices.Clone(workbench.Observings), func(o string) bool { return o == string(workbench.ObserveNever) })...); err != nil {
		return err
	}
	if f.live && f.observe != string(workbench.ObserveAuto) && f.observe != string(workbench.ObserveEBPF) {
		return usage("--live needs eBPF: the other observers change what a container is created with", "Leave out --live to have a copy watched.")
	}
	if f.yes && !f.restart && !f.socket.asked {
		return usage("--yes goes with --restart or --socket", "Nothing else is asked.")
	}
	if f.restart && !f.live {
		return usage("--restart goes with --live: copies are watched from their start anyway", "Leave out --restart.")
	}
	if f.length <= 0 {
		return usage("--for must be positive", "")
	}
	if err := f.socket.check(f.live); err != nil {
		return err
	}
	if f.live && len(f.exercises) > 0 {
		return usage("--exercise and --live exclude each other: exercises run on copies", "Leave out --live, or let the service's own users work.")
	}
	return nil
}

// observed is what the command says as JSON.
type observed struct {
	SchemaVersion int                 `json:"schemaVersion"`
	Workload      string              `json:"workload"`
	Seconds       float64             `json:"seconds"`
	Observation   observe.Observation `json:"observation"`
	Prediction    observe.Prediction  `json:"prediction"`
	Denied        []string            `json:"denied"`
	// LiveRuns is how many of the runs were of the running container.
	LiveRuns int `json:"liveRuns"`
	// Saturation compares the runs that the journal holds.
	Saturation *observe.Saturation `json:"saturation,omitempty"`
}

func (a *app) observe(ctx context.Context, target string, f observeFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	b, err := a.bench(ctx)
	if err != nil {
		return err
	}
	b.Files, b.Trials.Observe = f.files, workbench.Observing(f.observe)
	w, err := b.Find(ctx, target)
	if err != nil {
		return err
	}
	if f.restart && !f.yes {
		if !a.interactive() {
			return usage("--restart interrupts the service, and nobody can be asked here", "Add --yes if that is meant.")
		}
		sure, err := a.ask(fmt.Sprintf("Restart %s now, so that its start is watched? Its service is interrupted.", inspect.Printable(w.Name)))
		if err != nil || !sure {
			return err
		}
	}
	what := "an isolated copy of " + inspect.Printable(w.Name) + "; the original"
	if f.live {
		what = inspect.Printable(w.Name) + " for " + f.length.String() + "; it"
	}
	if f.restart {
		fmt.Fprintf(a.errOut, "Restarting %s, and watching it for %s.\n", inspect.Printable(w.Name), f.length)
	} else {
		fmt.Fprintf(a.errOut, "Watching %s is not touched.\n", what)
	}
	progress, over := a.progress()
	o, err := b.Observe(ctx, w, f.options(), a.teller(false), progress)
	over()
	if o.Observation.Runs == 0 {
		return err
	}
	// What was seen before the watch was stopped is told, too.
	return errors.Join(err, a.tellObserved(o, f.format))
}

func (f observeFlags) options() workbench.ObserveOptions {
	o := workbench.ObserveOptions{Live: f.live, Restart: f.restart, Length: f.length, RunDeclared: f.runDeclared}
	for _, command := range f.exercises {
		o.Exercises = append(o.Exercises, health.Exercise{Command: command, Timeout: workbench.DefaultExerciseTimeout})
	}
	return o
}

// tellObserved writes what was seen to stdout.
func (a *app) tellObserved(o workbench.Observed, format string) error {
	if format == "json" {
		return report.Indented(a.out, observed{
			SchemaVersion: report.SchemaVersion, Workload: o.Workload, Seconds: o.Length.Seconds(),
			Observation: o.Observation, Prediction: observe.Predict(o.Observation), Denied: observe.Explain(o.Observation), LiveRuns: o.LiveRuns, Saturation: o.Saturation,
		})
	}
	return report.Observed(a.styled(), seen.Of(o), a.outTheme(), a.outWidth())
}

// progress tells on stderr how far a watch has come: on a terminal in a line
// that is written over, else in a line a phase. The second function ends the
// line.
func (a *app) progress() (func(workbench.Progress), func()) {
	_, tty := terminal(a.errOut)
	var mu sync.Mutex
	said := observe.Phase("none")
	written := false
	return func(p workbench.Progress) {
			mu.Lock()
			defer mu.Unlock()
			line := fmt.Sprintf("%4.0f s  %-8s  %d system calls, %d uses of capabilities, %d paths", p.Seconds, p.Phase, p.Syscalls, p.Capabilities, p.Paths)
			switch {
			case tty:
				fmt.Fprint(a.errOut, "\r\x1b[K"+line)
				written = true
			case p.Phase != said:
				fmt.Fprintln(a.errOut, line)
			}
			said = p.Phase
		}, func() {
			mu.Lock()
			defer mu.Unlock()
			if written {
				fmt.Fprintln(a.errOut)
			}
		}
}
