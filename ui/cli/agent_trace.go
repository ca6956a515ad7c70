package cli

import (
	"github.com/spf13/cobra"

	"bulkhead/inspect/observe/trace"
)

// traceCommand is what runs in a copy that is traced. Its words are those of
// trace.EnterCommand, trace.ServeCommand and trace.InstallCommand.
func traceCommand() *cobra.Command {
	parent := &cobra.Command{Use: "trace", Short: "Watch a copy with ptrace from inside it", Args: noArgs}
	parent.AddCommand(
		&cobra.Command{
			Use: "enter MARK PROGRAM", Short: "Wait to be traced, then become the program", DisableFlagParsing: true,
			RunE: func(cmd *cobra.Command, args []string) error { return exitError(trace.Enter(args, cmd.ErrOrStderr())) },
		},
		&cobra.Command{
			Use: "serve", Short: "Trace a program that waits for it", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return trace.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
			},
		},
		&cobra.Command{
			Use: "install DIRECTORY", Short: "Copy this program into a directory", Args: cobra.ExactArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { return trace.Install(args[0]) },
		},
	)
	return parent
}
