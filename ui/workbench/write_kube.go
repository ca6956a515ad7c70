package workbench

import (
	"context"
	"strings"

	"bulkhead/fix/kube"
	"bulkhead/fix/runcmd"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// DraftKube is the plan in Kubernetes' words: a patch of a Deployment's
// security settings, or a whole Deployment.
func (b *Bench) DraftKube(ctx context.Context, w inspect.Workload, r trial.Result, shape kube.Shape) (Draft, error) {
	command, err := b.command(ctx, w, r)
	if err != nil {
		return Draft{}, err
	}
	escaped := func(text string) string { return strings.ReplaceAll(text, "$(", "$$(") }
	reference := func(name string) string { return "$(" + name + ")" }
	process := command.Process(escaped, reference)
	in := kube.Input{Workload: w, Plan: r.Plan, Evidence: r.Evidence, Command: process.Entrypoint, Args: process.Args}
	for _, v := range process.Env {
		in.Env = append(in.Env, kube.Variable(v))
	}
	m, err := kube.Write(in, shape)
	if err != nil {
		return Draft{}, err
	}
	var files []runcmd.File
	if m.Seccomp.Name != "" {
		files = append(files, runcmd.File(m.Seccomp))
	}
	return b.printed(ctx, ToKube, w, r, string(m.YAML), files...)
}

// DraftScript is the hardened docker run command as a program.
func (b *Bench) DraftScript(ctx context.Context, w inspect.Workload, r trial.Result) (Draft, error) {
	command, err := b.command(ctx, w, r)
	if err != nil {
		return Draft{}, err
	}
	return b.printed(ctx, ToScript, w, r, command.Script(), command.Files()...)
}

// DraftNewCompose is a Compose file for a container that has none.
func (b *Bench) DraftNewCompose(ctx context.Context, w inspect.Workload, r trial.Result) (Draft, error) {
	command, err := b.command(ctx, w, r)
	if err != nil {
		return Draft{}, err
	}
	c, err := command.Compose()
	if err != nil {
		return Draft{}, err
	}
	return b.printed(ctx, ToNewCompose, w, r, string(c.Text), c.Files...)
}
