package cli

import (
	"context"
	"fmt"
	"os"
	"slices"

	"bulkhead/fix/daemon"
	"bulkhead/ui/report"
	"bulkhead/ui/workbench"
)

// road prints the steps of a road and how far each is.
func (a *app) road(ctx context.Context, road daemon.Road, as, format string) error {
	if !slices.Contains(daemon.Roads(), road) {
		return usage(fmt.Sprintf("--for is %q", road), "It takes rootless or userns-remap; --as goes with --for rootless.")
	}
	b, err := a.bench(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(a.errOut, "note: no engine was asked: %v\n", err)
		if b, err = workbench.Default(); err != nil {
			return err
		}
	} else if b.Engine != nil {
		defer b.Engine.Close()
	}
	steps := b.Roads(ctx, os.DirFS("/"), as).Steps(road)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if format == "json" {
		err = report.Indented(a.out, struct {
			SchemaVersion int           `json:"schemaVersion"`
			Road          daemon.Road   `json:"road"`
			Steps         []daemon.Step `json:"steps"`
		}{report.SchemaVersion, road, steps})
	} else {
		err = a.printSteps(steps)
	}
	if err == nil && slices.ContainsFunc(steps, func(s daemon.Step) bool { return s.State == daemon.Open }) {
		err = exitError(exitFindings)
	}
	return err
}

func (a *app) printSteps(steps []daemon.Step) error {
	t, out := a.outTheme(), a.styled()
	for i, s := range steps {
		glyph, style := told(t, s.State == daemon.Done, s.State == daemon.Open)
		if _, err := fmt.Fprintf(out, "%s %2d. %s\n      seen: %s\n", style.Render(fmt.Sprintf("%s %-7s", glyph, s.State)), i+1, s.Do, s.Seen); err != nil {
			return err
		}
		if s.State == daemon.Done {
			continue
		}
		fmt.Fprintf(out, "      why:  %s\n", s.Why)
		if s.Cost != "" {
			fmt.Fprintf(out, "      cost: %s\n", s.Cost)
		}
		for _, command := range s.Commands {
			fmt.Fprintf(out, "        $ %s\n", command)
		}
	}
	return nil
}
