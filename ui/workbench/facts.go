package workbench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// facts are what a result on the workload will be true of.
func (b *Bench) facts(ctx context.Context, w inspect.Workload) (trial.Facts, error) {
	facts := trial.Facts{
		Image: w.Image, ImageID: w.ImageID, Engine: b.Engine.Host.Version, Kernel: b.Engine.Host.Kernel,
		User: w.Settings.User, Mounts: mountLines(w.Settings.Mounts),
	}
	if w.ID == "" {
		return facts, nil
	}
	c, _, err := b.Engine.Inspect(ctx, w.ID)
	if err != nil || c.Config == nil {
		return facts, err
	}
	command, err := json.Marshal([][]string{c.Config.Entrypoint, c.Config.Cmd})
	if err != nil {
		return facts, fmt.Errorf("digesting the command of %s: %w", inspect.Printable(w.Name), err)
	}
	sum := sha256.Sum256(command)
	facts.Command = hex.EncodeToString(sum[:8])
	return facts, nil
}

func mountLines(mounts []inspect.Mount) []string {
	var lines []string
	for _, m := range mounts {
		mode := "rw"
		if m.ReadOnly {
			mode = "ro"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s", m.Type, m.Source, m.Target, mode))
	}
	slices.Sort(lines)
	return lines
}

// Stale says, a sentence each, why a result may no longer be true of the
// workload.
func (b *Bench) Stale(ctx context.Context, w inspect.Workload, r trial.Result) ([]string, error) {
	if b.Engine == nil {
		return nil, nil
	}
	now, err := b.facts(ctx, w)
	if err != nil {
		return nil, err
	}
	return r.Stale(beforePlan(now, w.Settings, r)), nil
}
