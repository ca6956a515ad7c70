package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bulkhead/inspect"
	"bulkhead/ui/tui"
	"bulkhead/ui/workbench"
)

// runUI is what bulkhead does without a command.
func (a *app) runUI(cmd *cobra.Command, _ []string) error {
	if !a.fullScreen() {
		return a.audit(cmd.Context(), nil, auditFlags{format: "table", failOn: "none"})
	}
	b, err := a.bench(cmd.Context())
	if err != nil {
		return err
	}
	return a.ui(cmd.Context(), b, "")
}

// fullScreen says whether there is a terminal to draw on.
func (a *app) fullScreen() bool {
	_, in := terminal(a.in)
	_, out := terminal(a.out)
	return in && out
}

// ui opens the terminal UI on the workload of that name, or on the first.
func (a *app) ui(ctx context.Context, b *workbench.Bench, target string) (err error) {
	b.Trials = workbench.TrialOptions{Patience: workbench.DefaultPatience}
	release := b.HoldHelper()
	defer func() { err = errors.Join(err, release(ctx)) }()
	return tui.Run(ctx, tui.Options{
		Auditor: b, Observer: b, Trier: b, Writer: b, Guide: b, Target: target,
		Engine:  looked(b),
		NoColor: a.getenv("NO_COLOR") != "", Theme: a.theme, In: a.in, Out: a.out,
	})
}

// looked says in a few words what is looked at.
func looked(b *workbench.Bench) string {
	if b.Engine == nil && b.Snapshot != nil {
		return fmt.Sprintf("snapshot of %s", inspect.Printable(b.Snapshot.Host.Name))
	}
	return fmt.Sprintf("Docker Engine %s", b.Engine.Host.Version)
}
