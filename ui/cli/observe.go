package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
	"bulkhead/ui/report"
)

// observeFlags are the flags of the observe command.
type observeFlags struct {
	files  []string
	live   bool
	length time.Duration
	format string
}

func (a *app) observeCommand() *cobra.Command {
	var f observeFlags
	cmd := &cobra.Command{
		Use:     "observe TARGET --live",
		Short:   "Watch what a running container does: capabilities, system calls, files, sockets",
		Example: "bulkhead observe shop/web --live --for 30s",
		Long: "Watches the target's own running container with eBPF for a while and says what it did. The container is " +
			"not entered, changed or restarted: a helper with CAP_SYS_ADMIN and nothing else loads programs into the " +
			"engine's kernel that only look, and takes them away again.\n\n" +
			"What it shows is observed, from now on: what the container did before, and what it did not happen to do, " +
			"is not in it.",
		Args: exactly(1, "one target"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.observe(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "file", "f", nil, "the Compose files that define the service")
	flags.BoolVar(&f.live, "live", false, "watch the running container itself")
	flags.DurationVar(&f.length, "for", 30*time.Second, "how long to watch")
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
	if !f.live {
		return usage("bulkhead observe watches a running container, and wants that said: add --live",
			"The container is only watched, not changed. `bulkhead trial` works on copies instead.")
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
	fmt.Fprintf(a.errOut, "Watching %s for %s; it is not touched.\n", inspect.Printable(w.Name), f.length)
	o, err := b.ObserveRunning(ctx, w, f.length)
	if err != nil {
		return err
	}
	seen := observed{
		SchemaVersion: report.SchemaVersion, Workload: w.Name, Seconds: f.length.Seconds(),
		Observation: o, Prediction: observe.Predict(o), Denied: observe.Explain(o),
	}
	if f.format == "json" {
		return report.Indented(a.out, seen)
	}
	return a.printObserved(seen)
}
