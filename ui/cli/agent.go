package cli

import (
	"github.com/spf13/cobra"

	"bulkhead/fix/health/probe"
	"bulkhead/inspect/observe/audit"
	"bulkhead/inspect/observe/bpf"
	"bulkhead/inspect/observe/wire"
	"bulkhead/ui/lab/service"
)

// agentCommand is what runs inside the engine, in images made of this binary.
// People do not type it.
func agentCommand() *cobra.Command {
	agent := &cobra.Command{Use: "agent", Short: "What runs inside the engine", Hidden: true, Args: noArgs}
	agent.AddCommand(
		&cobra.Command{
			Use: "probe", Short: "Answer health probes for the namespaces it is in", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return probe.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), "/proc")
			},
		},
		&cobra.Command{
			Use: "observe", Short: "Watch containers from inside the engine's kernel", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return wire.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), bpf.Record)
			},
		},
		&cobra.Command{
			Use: "audit", Short: "Read what the kernel logs of containers", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return wire.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), audit.Listen())
			},
		},
		&cobra.Command{
			Use: "service NAME", Short: "Be one of the lab's practice services", DisableFlagParsing: true,
			Args: cobra.MinimumNArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				if code := service.Main(args[0], args[1:], cmd.OutOrStdout(), cmd.ErrOrStderr()); code != exitFine {
					return exitError(code)
				}
				return nil
			},
		},
		socketCommand(),
		traceCommand(),
	)
	return agent
}
