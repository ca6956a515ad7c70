package cli

import (
	"github.com/spf13/cobra"

	"bulkhead/fix/socketproxy"
	"bulkhead/fix/socketproxy/record"
)

// socketCommand is the recording proxy between a copy and the engine's socket.
func socketCommand() *cobra.Command {
	var o record.Options
	var letThrough []string
	cmd := &cobra.Command{
		Use: "socket", Short: "Stand between a copy and the engine's socket, and record", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.Policy, err = socketproxy.NewPolicy(letThrough); err != nil {
				return err
			}
			return record.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Engine, "engine", "", "the engine's socket")
	flags.StringVar(&o.Offer, "offer", "", "the socket to make")
	flags.StringArrayVar(&letThrough, "let-through", nil, "a call to pass on besides those that read")
	return cmd
}
