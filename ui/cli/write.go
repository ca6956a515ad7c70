package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulkhead/fix/kube"
	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// writeFlags are the flags of the write command.
type writeFlags struct {
	files       []string
	to          string
	dryRun, yes bool
	daemon      daemonFlags
	whole       bool
	shared      bool
	leaveOut    []string
	secrets     secretFlags
	socket      proxyFlags
}

func (a *app) writeCommand() *cobra.Command {
	var f writeFlags
	cmd := &cobra.Command{
		Use:     "write TARGET",
		Short:   "Write the proved plan down: into the Compose file or an override, or as a docker run command",
		Example: "bulkhead write shop/web --to compose --dry-run",
		Long: "Takes the newest proved plan for the target from the journal and shows what would change; a Compose file " +
			"is written only after you accept the diff. It is written atomically, with a backup beside it, and only what " +
			"was read back and verified. Where the Compose file itself cannot be edited safely, an override file is offered.\n\n" +
			"With --to socketproxy a filtering proxy comes between the service and the engine's socket, which lets only those calls " +
			"through that `bulkhead observe TARGET --socket` recorded.\n\n" +
			"`bulkhead undo` takes it back.",
		Args: func(cmd *cobra.Command, args []string) error {
			if f.to == "daemon" {
				return exactly(0, "no target for the daemon")(cmd, args)
			}
			return exactly(1, "one target")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.to == "daemon" {
				return a.writeDaemon(cmd.Context(), f)
			}
			return a.write(cmd.Context(), args[0], f)
		},
	}
	flags := cmd.Flags()
	f.registerTarget(flags)
	f.daemon.register(flags)
	f.secrets.register(flags)
	f.socket.register(flags)
	flags.Lookup("to").Usage = "compose, override, run, script, new-compose, kube, socketproxy or daemon; the default fits the target"
	flags.Lookup("leave-out").Usage += "; with --to socketproxy recorded calls: 'POST /containers/{id}/restart'"
	flags.StringArrayVarP(&f.files, "file", "f", nil, "the Compose files that define the service")
	return cmd
}

// targetForms are what --to takes for a target.
var targetForms = []string{"", "compose", "override", "run", "script", "new-compose", "kube"}

// registerTarget adds the flags of writing a target's plan down.
func (f *writeFlags) registerTarget(flags *pflag.FlagSet) {
	flags.StringVar(&f.to, "to", "", "compose, override, run, script, new-compose or kube; the default fits the target")
	flags.BoolVar(&f.whole, "whole", false, "with --to kube: a whole Deployment, not a patch")
	flags.BoolVar(&f.shared, "shared", false, "edit a Compose file also where other services share what is written, and name them")
	flags.StringSliceVar(&f.leaveOut, "leave-out", nil, "changes of the plan not to write, by name: capabilities, tmpfs:/run, …")
	flags.BoolVar(&f.dryRun, "dry-run", false, "only print the diff")
	flags.BoolVarP(&f.yes, "yes", "y", false, "write without asking")
}

func (a *app) write(ctx context.Context, target string, f writeFlags) error {
	if err := oneOf("--to", f.to, append(targetForms[:len(targetForms):len(targetForms)], "socketproxy", "daemon")...); err != nil {
		return err
	}
	if err := f.socket.check(f.to); err != nil {
		return err
	}
	b, err := a.writeBench(ctx, f)
	if err != nil {
		return err
	}
	w, err := b.Find(ctx, target)
	if err != nil {
		return err
	}
	d, err := f.draft(ctx, b, w)
	if err != nil {
		return err
	}
	return a.offer(ctx, b, d, f)
}

// writeBench asks an engine; where files are given, one that does not answer is
// no hindrance to writing them.
func (a *app) writeBench(ctx context.Context, f writeFlags) (*workbench.Bench, error) {
	b, err := a.bench(ctx)
	if err != nil && len(f.files) > 0 && f.to != "run" && ctx.Err() == nil {
		fmt.Fprintf(a.errOut, "note: no engine was asked: %v\n", err)
		b, err = a.auditBench(ctx, f.files)
	}
	if err != nil {
		return nil, err
	}
	b.Files = f.files
	return b, nil
}

// draft makes the draft that was asked for, of the newest result without what
// is to be left out.
func (f writeFlags) draft(ctx context.Context, b *workbench.Bench, w inspect.Workload) (workbench.Draft, error) {
	b.Shared = f.shared
	if f.secrets.asked() {
		return f.secrets.draft(ctx, b, w, f)
	}
	if f.to == toSocketProxy {
		return f.socket.draft(ctx, b, w, f.leaveOut)
	}
	result, err := b.Proved(w)
	if err != nil {
		return workbench.Draft{}, err
	}
	if result, err = leaveOut(result, f.leaveOut); err != nil {
		return workbench.Draft{}, err
	}
	switch f.to {
	case "compose":
		return b.DraftCompose(ctx, w, result)
	case "override":
		return b.DraftOverride(ctx, w, result)
	case "run":
		return b.DraftRun(ctx, w, result)
	case "script":
		return b.DraftScript(ctx, w, result)
	case "new-compose":
		return b.DraftNewCompose(ctx, w, result)
	case "kube":
		if f.whole {
			return b.DraftKube(ctx, w, result, kube.Whole)
		}
		return b.DraftKube(ctx, w, result, kube.Patch)
	}
	return b.Draft(ctx, w, result)
}

// offer shows the draft and writes it where that is accepted.
func (a *app) offer(ctx context.Context, b *workbench.Bench, d workbench.Draft, f writeFlags) error {
	return workbench.Offer(ctx, desk{a, f.dryRun, f.yes}, b, d)
}

// desk offers drafts on stdout and stderr.
type desk struct {
	*app
	dryRun, yes bool
}

func (d desk) Say(sentence string)  { fmt.Fprintln(d.errOut, sentence) }
func (d desk) Note(sentence string) { fmt.Fprintln(d.errOut, "note:", sentence) }
func (d desk) Aside(text string)    { fmt.Fprint(d.errOut, text) }

func (d desk) Data(text string) error {
	_, err := fmt.Fprint(d.out, text)
	return err
}

func (d desk) Accept(_ context.Context, question, otherwise string) (bool, error) {
	return d.accepted(question, otherwise, d.dryRun, d.yes)
}

// accepted says whether a person accepts what was shown, or said so beforehand.
// otherwise is what it means that nobody did.
func (a *app) accepted(question, otherwise string, dryRun, yes bool) (bool, error) {
	switch {
	case dryRun || yes:
		return yes && !dryRun, nil
	case !a.interactive():
		return false, usage("the diff was not accepted, so "+otherwise, "Accept it with --yes, or only look with --dry-run.")
	}
	accepted, err := a.ask(question)
	if err != nil || !accepted {
		fmt.Fprintln(a.errOut, strings.ToUpper(otherwise[:1])+otherwise[1:]+".")
	}
	return accepted && err == nil, err
}
