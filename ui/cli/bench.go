package cli

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"bulkhead/inspect/engine"
	"bulkhead/inspect/snapshot"
	"bulkhead/ui/workbench"
)

// checkSources refuses flags that say in two ways what to look at, and those
// that the command can do nothing with.
func (a *app) checkSources(cmd *cobra.Command) error {
	readsSnapshot := cmd == cmd.Root() || cmd.Name() == "audit"
	file := cmd.Flags().Lookup("file")
	switch {
	case a.from != "" && !readsSnapshot:
		return usage("--from is for looking: `"+cmd.CommandPath()+"` cannot work on a snapshot", "Use it with `bulkhead audit`, or with `bulkhead` alone.")
	case a.from != "" && (len(a.contexts) > 0 || a.host != ""):
		return usage("--from and an engine exclude each other: use --from, or --context and --host", "")
	case a.from != "" && file != nil && file.Changed:
		return usage("--from and --file exclude each other: use one of them", "")
	case len(a.contexts) > 1 && cmd.Name() != "audit":
		return usage("only `bulkhead audit` takes several contexts", "Name one with --context.")
	case len(a.contexts) > 1 && a.host != "":
		return usage("--host and --context exclude each other: use one of them", "")
	}
	return nil
}

// bench is a workbench over the engine that the flags and the environment mean,
// over several of them, or over a snapshot.
func (a *app) bench(ctx context.Context) (*workbench.Bench, error) {
	b, err := workbench.Default()
	if err != nil {
		return nil, err
	}
	if a.from != "" {
		s, err := snapshot.Read(a.from)
		b.Snapshot = &s
		return b, err
	}
	if len(a.contexts) > 1 {
		return b, a.connectAll(ctx, b)
	}
	var name string
	if len(a.contexts) == 1 {
		name = a.contexts[0]
	}
	b.Engine, err = a.connect(ctx, name)
	return b, err
}

func (a *app) connect(ctx context.Context, name string) (*engine.Engine, error) {
	return engine.Connect(ctx, engine.Options{Context: name, Host: a.host, Getenv: a.getenv})
}

// connectAll connects to the engine of each context. One that does not answer
// is missed, which is an error only where none does.
func (a *app) connectAll(ctx context.Context, b *workbench.Bench) error {
	var names []string
	for _, name := range a.contexts {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	engines, errs := make([]*engine.Engine, len(names)), make([]error, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		wait.Go(func() { engines[i], errs[i] = a.connect(ctx, name) })
	}
	wait.Wait()
	for i, e := range engines {
		switch {
		case errs[i] != nil:
			b.Missed = append(b.Missed, errs[i])
		case b.Engine == nil:
			b.Engine = e
		default:
			b.Further = append(b.Further, e)
		}
	}
	if b.Engine == nil {
		return cmp.Or(ctx.Err(), b.Missed[0])
	}
	return ctx.Err()
}
