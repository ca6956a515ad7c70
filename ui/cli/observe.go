package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"bulkhead/fix/health"
	"bulkhead/inspect"
	"bulkhead/inspect/observe"
	"bulkhead/ui/report"
	"bulkhead/ui/workbench"
)

// observeFlags are the flags of the observe command.
type observeFlags struct {
	files     []string
	exercises []string
	live      bool
	length    time.Duration
	format    string
}

func (a *app) observeCommand() *cobra.Command {
	var f observeFlags
	cmd := &cobra.Command{
		Use:     "observe TARGET [--live]",
		Short:   "Watch what a container does: capabilities, system calls, files, sockets",
		Example: "bulkhead observe shop/web --for 30s --exercise 'curl -fsS http://$BULKHEAD_ADDRESS/'",
		Long: "Watches an isolated copy of the target with eBPF through its life (first start, ready, exercise, stop and " +
			"restart) and says what it did. Each run is kept in the journal, and runs of the same image and command are put together.\n\n" +
			"With --live the target's own running container is watched for a while instead, from now on; nothing of that is kept. It is not entered, " +
			"changed or restarted.\n\n" +
			"A helper with CAP_SYS_ADMIN and nothing else loads programs into the engine's kernel that only look, and takes " +
			"them away again. What it shows is observed: what the container did not happen to do is not in it.",
		Args: exactly(1, "one target"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.observe(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "file", "f", nil, "the Compose files that define the service")
	flags.StringArrayVar(&f.exercises, "exercise", nil, "command that makes the copy do its work; repeatable")
	flags.BoolVar(&f.live, "live", false, "watch the running container itself")
	flags.DurationVar(&f.length, "for", 30*time.Second, "how long to watch; a copy for so long after its exercises")
	flags.StringVar(&f.format, "format", "text", "text or json")
	return cmd
}

func (f observeFlags) check() error {
	if err := oneOf("--format", f.format, "text", "json"); err != nil {
		return err
	}
	if f.length <= 0 {
		return usage("--for must be positive", "")
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
	// Saturation compares the runs of copies that the journal holds.
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
	b.Files = f.files
	w, err := b.Find(ctx, target)
	if err != nil {
		return err
	}
	var o observe.Observation
	var saturation *observe.Saturation
	began := time.Now()
	if f.live {
		fmt.Fprintf(a.errOut, "Watching %s for %s; it is not touched.\n", inspect.Printable(w.Name), f.length)
		o, err = b.ObserveRunning(ctx, w, f.length)
	} else {
		fmt.Fprintf(a.errOut, "Watching an isolated copy of %s; the original is not touched.\n", inspect.Printable(w.Name))
		for _, command := range f.exercises {
			b.Trials.Exercises = append(b.Trials.Exercises, health.Exercise{Command: command, Timeout: workbench.DefaultExerciseTimeout})
		}
		var runs []observe.Observation
		runs, err = b.ObserveClone(ctx, w, f.length, a.teller(false))
		compared := observe.Saturate(runs)
		o, saturation = observe.Merge(runs...), &compared
	}
	if err != nil {
		return err
	}
	seconds := f.length.Seconds()
	if !f.live {
		seconds = time.Since(began).Seconds()
	}
	seen := observed{
		SchemaVersion: report.SchemaVersion, Workload: w.Name, Seconds: seconds,
		Observation: o, Prediction: observe.Predict(o), Denied: observe.Explain(o), Saturation: saturation,
	}
	if f.format == "json" {
		return report.Indented(a.out, seen)
	}
	return a.printObserved(seen)
}
