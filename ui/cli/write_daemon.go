package cli

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"bulkhead/ui/workbench"
)

// daemonFlags are the flags of write --to daemon.
type daemonFlags struct {
	from, out string
	set       []string
}

func (d *daemonFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&d.from, "daemon-file", "/etc/docker/daemon.json", "with --to daemon: the daemon.json to start from")
	flags.StringVarP(&d.out, "output", "o", "", "with --to daemon: the file to write; without it the diff is only printed")
	flags.StringSliceVar(&d.set, "set", nil, "with --to daemon: these settings alone; userns-remap only so")
}

// writeDaemon shows what would change in daemon.json, and writes it to the file
// that the person names. An engine is asked for its log driver where one
// answers.
func (a *app) writeDaemon(ctx context.Context, f writeFlags) error {
	b, err := a.bench(ctx)
	if err != nil {
		fmt.Fprintf(a.errOut, "note: no engine was asked: %v\n", err)
		if b, err = workbench.Default(); err != nil {
			return err
		}
	}
	d, err := b.DraftDaemon(f.daemon.from, f.daemon.out, f.daemon.set)
	if err != nil {
		return err
	}
	if f.daemon.out == "" {
		f.dryRun = true
	}
	if err := a.offer(ctx, b, d, f); err != nil || f.daemon.out != "" {
		return err
	}
	fmt.Fprintln(a.errOut, "Nothing was written. Name a file with -o FILE.")
	return nil
}
