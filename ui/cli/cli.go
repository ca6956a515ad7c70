// Package cli is bulkhead as a command: one file a command, each a thin skin
// over the workbench. stdout is data, stderr is talk. Errors are printed once,
// here, with the next step below them.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"bulkhead/inspect"
	"bulkhead/inspect/engine"
)

// The exit codes.
const (
	exitFine        = 0
	exitFindings    = 1
	exitUsage       = 2
	exitCannotLook  = 3
	exitInterrupted = 130
)

// version is what `bulkhead version` says; the build may set it.
var version = "0.1.0-dev"

// Main runs the command line and returns the exit code.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal stops and cleans up; a second one leaves at once.
	context.AfterFunc(ctx, stop)
	if os.Getenv("NO_COLOR") != "" {
		// Libraries below want a boolean; the convention is any value.
		os.Setenv("NO_COLOR", "1")
	}
	a := &app{in: in, out: out, errOut: errOut, getenv: os.Getenv}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := fang.Execute(ctx, root, fang.WithVersion(version), fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}))
	return a.report(ctx, err)
}

// app is one run of the command line: its streams and its global flags.
type app struct {
	in          io.Reader
	out, errOut io.Writer
	getenv      func(string) string

	// contexts are the docker contexts that are meant; none means what the
	// environment says.
	contexts          []string
	host, theme, from string
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "bulkhead",
		Short: "Harden Docker containers by trial: drop everything, see what breaks, give back only that",
		Long: "bulkhead shows which walls around your containers are open, runs trials on isolated copies " +
			"to find how far each can be closed, and writes the proved settings down.\n\n" +
			"Without a command it opens the terminal UI; without a terminal it prints the audit.",
		Args: noArgs,
		RunE: a.runUI,
	}
	flags := root.PersistentFlags()
	flags.StringArrayVar(&a.contexts, "context", nil, "docker context to use; audit takes several")
	flags.StringVarP(&a.host, "host", "H", "", "engine to use: unix:///…, tcp://…, ssh://…")
	flags.StringVar(&a.from, "from", "", "look at this snapshot instead of an engine")
	flags.StringVar(&a.theme, "theme", "auto", "colours for a dark or light background: auto, dark, light")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err.Error(), "") })
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return a.checkSources(cmd) }
	root.AddCommand(a.auditCommand(), a.checksCommand(), a.trialCommand(), a.plainCommand(), a.writeCommand(), a.hardenCommand(), a.verifyCommand(), a.undoCommand(), a.labCommand(),
		a.snapshotCommand(), a.doctorCommand(), a.observeCommand(),
		a.cleanCommand(), a.versionCommand(), agentCommand())
	return root
}

// usageError says that the command line is wrong.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }
func (e *usageError) Hint() string  { return e.hint }

func usage(text, hint string) error { return &usageError{text, hint} }

// noArgs refuses arguments, and suggests the command that may have been meant.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	hint := fmt.Sprintf("Run `%s --help` to see the commands.", cmd.CommandPath())
	if near := inspect.Near(args[0], names); len(near) > 0 {
		hint = fmt.Sprintf("Did you mean `%s %s`?", cmd.CommandPath(), near[0])
	}
	return usage(fmt.Sprintf("there is no command %q", inspect.Printable(args[0])), hint)
}

// exactly wants that many arguments.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return usage(fmt.Sprintf("%s needs %s", cmd.CommandPath(), what), "For example: "+cmd.Example)
	}
}

// atMostOne takes one argument or none.
func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usage(cmd.CommandPath()+" takes at most one "+what, "For example: "+cmd.Example)
		}
		return nil
	}
}

// exitError carries an exit code without anything to say.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// report prints the error with its next step and returns the exit code.
func (a *app) report(ctx context.Context, err error) int {
	var code exitError
	var wrongUsage *usageError
	var engineUsage *engine.UsageError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &code):
		return int(code)
	case ctx.Err() != nil:
		if leftover := withoutCancel(err); leftover != nil {
			fmt.Fprintf(a.errOut, "bulkhead: interrupted: %v\n  `bulkhead clean` removes what may be left.\n", leftover)
		} else {
			fmt.Fprintln(a.errOut, "bulkhead: interrupted; what was started has been removed")
		}
		return exitInterrupted
	}
	fmt.Fprintln(a.errOut, "bulkhead:", err)
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		fmt.Fprintln(a.errOut, " ", hinted.Hint())
	}
	if errors.As(err, &wrongUsage) || errors.As(err, &engineUsage) {
		return exitUsage
	}
	return exitCannotLook
}

// withoutCancel drops from joined errors those that say only that the work was
// stopped.
func withoutCancel(err error) error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var rest []error
		for _, e := range joined.Unwrap() {
			rest = append(rest, withoutCancel(e))
		}
		return errors.Join(rest...)
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
