package cli

import (
	"context"

	"github.com/spf13/pflag"

	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// secretFlags are the flags of write that move secrets out of the environment.
type secretFlags struct {
	all  bool
	move []string
}

func (s *secretFlags) register(flags *pflag.FlagSet) {
	flags.BoolVar(&s.all, "secrets", false, "instead of the plan: move variables that the image can read from files into Compose secrets")
	flags.StringArrayVar(&s.move, "move-secret", nil, "instead of the plan: move this variable into a Compose secret; repeatable")
}

func (s secretFlags) asked() bool { return s.all || len(s.move) > 0 }

// draft makes the draft of the move, which goes into the Compose file alone.
func (s secretFlags) draft(ctx context.Context, b *workbench.Bench, w inspect.Workload, f writeFlags) (workbench.Draft, error) {
	switch {
	case s.all && len(s.move) > 0:
		return workbench.Draft{}, usage("--secrets and --move-secret exclude each other", "Name variables, or let --secrets find them.")
	case f.to != "" && f.to != "compose" || len(f.leaveOut) > 0:
		return workbench.Draft{}, usage("secrets are moved in the Compose file, without the plan", "Leave --to and --leave-out out.")
	}
	return b.DraftSecrets(ctx, w, s.move)
}
