package workbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/composefile"
	"bulkhead/fix/runcmd"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"
)

// Draft shows the result's plan as it would be written: for a Compose service
// the change of its file, for another container its docker run command.
func (b *Bench) Draft(ctx context.Context, w inspect.Workload, r trial.Result) (Draft, error) {
	if w.IsService() {
		return b.DraftCompose(ctx, w, r)
	}
	return b.DraftRun(ctx, w, r)
}

// DraftCompose is the change of the Compose file that defines the service.
func (b *Bench) DraftCompose(ctx context.Context, w inspect.Workload, r trial.Result) (Draft, error) {
	if !w.IsService() {
		return Draft{}, &NotComposeError{Workload: w.Name}
	}
	options := compose.Options{Files: b.Files}
	if len(b.Files) == 0 {
		options = compose.Options{Files: w.Files, ProjectName: w.Project}
	}
	path, err := b.definingFile(ctx, w, r.Plan, options)
	if err != nil {
		return Draft{}, err
	}
	before, err := os.ReadFile(path)
	if err != nil {
		return Draft{}, fmt.Errorf("reading Compose file %q: %w", path, err)
	}
	after, err := composefile.Edit(ctx, composefile.Request{
		Path: path, Content: before, Service: w.Service, Plan: r.Plan,
		Files: options.Files, ProjectName: options.ProjectName, Env: b.Environ,
	})
	if err != nil {
		return Draft{}, err
	}
	return Draft{
		Kind: ToCompose, Workload: w.Name, Path: path, Before: before, After: after,
		Diff: composefile.Diff(path, before, after), Notes: b.reservations(w, r),
	}, nil
}

// definingFile is the file of the project to edit for the plan.
func (b *Bench) definingFile(ctx context.Context, w inspect.Workload, p fix.Plan, o compose.Options) (string, error) {
	if len(b.Files) == 0 {
		if _, err := b.projectOf(ctx, w); err != nil {
			return "", err
		}
	}
	project, err := b.project(ctx, o)
	if err != nil {
		return "", err
	}
	if file := composefile.Choose(project, w.Service, p); file != "" {
		return file, nil
	}
	return "", &NotDefinedError{Service: w.Service, Files: project.Files}
}

// DraftRun is the hardened docker run command of the workload's container.
func (b *Bench) DraftRun(ctx context.Context, w inspect.Workload, r trial.Result) (Draft, error) {
	if b.Engine == nil {
		return Draft{}, b.noEngine()
	}
	if w.ID == "" {
		return Draft{}, &NotStartedError{Workload: w}
	}
	c, raw, err := b.Engine.Inspect(ctx, w.ID)
	if err != nil {
		return Draft{}, err
	}
	image, err := b.Engine.API.ImageInspect(ctx, c.Image)
	if err != nil {
		return Draft{}, fmt.Errorf("inspecting the image of %s: %w", inspect.Printable(w.Name), err)
	}
	command, err := runcmd.From(runcmd.Input{Container: c, Raw: raw, Image: image.InspectResponse, Host: b.Engine.Host})
	if err != nil {
		return Draft{}, fmt.Errorf("making the docker run command of %s: %w", inspect.Printable(w.Name), err)
	}
	hardened := command.Harden(r.Plan)
	return Draft{
		Kind: ToRun, Workload: w.Name, Command: strings.Join(hardened.Lines(), "\n"),
		Notes: append(b.reservations(w, r), hardened.Notes()...),
	}, nil
}

// reservations say what a person should know before accepting a plan.
func (b *Bench) reservations(w inspect.Workload, r trial.Result) []string {
	var notes []string
	if !r.Proved {
		notes = append(notes, "No trial proved this plan.")
	}
	if r.ImageID != "" && w.ImageID != "" && r.ImageID != w.ImageID {
		notes = append(notes, "The trials ran another image than the one in use now; run them again.")
	}
	if b.Engine != nil && r.Engine != b.Engine.Host.Version {
		notes = append(notes, fmt.Sprintf("The trials ran on Engine %s, this is %s.", inspect.Printable(r.Engine), inspect.Printable(b.Engine.Host.Version)))
	}
	return notes
}

// Write writes an accepted draft and returns the name of the backup beside the
// file. It refuses when the file is no longer as it was when the draft was made.
func (b *Bench) Write(_ context.Context, d Draft) (string, error) {
	if d.Kind != ToCompose {
		return "", errors.New("a docker run command is not written to a file")
	}
	if bytes.Equal(d.Before, d.After) {
		return "", nil
	}
	return composefile.Write(d.Path, d.Before, d.After, b.Now())
}
