package workbench

import (
	"context"
	"errors"
	"fmt"

	"bulkhead/fix/clone"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"
)

// open prepares copies of the workload and of what it needs beside it. A
// service without a container has one created by Compose, which is never
// started.
func (b *Bench) open(ctx context.Context, w inspect.Workload, helper string) (*clone.Session, error) {
	with, err := b.containers(ctx, b.Trials.With)
	if err != nil {
		return nil, err
	}
	options := clone.Options{
		Isolation: b.isolation(), HelperImage: helper, CopyVolumes: b.Trials.CopyVolumes,
		With: with, Devices: b.Trials.Devices, MayLeave: b.Trials.Egress == EgressIfNeeded, Patience: b.Trials.Patience,
	}
	if w.ID == "" {
		return b.openService(ctx, w, options)
	}
	project, known, err := b.definition(ctx, w)
	if err != nil {
		return nil, err
	}
	if known {
		options.Needs = clone.NeedsOf(project.Compose)
	}
	return clone.Open(ctx, b.Engine, w.ID, options)
}

// openService prepares copies of a service that stands in Compose files alone.
func (b *Bench) openService(ctx context.Context, w inspect.Workload, options clone.Options) (*clone.Session, error) {
	if !w.IsService() || len(b.Files) == 0 {
		return nil, &NotStartedError{Workload: w}
	}
	project, err := b.project(ctx, compose.Options{Files: b.Files})
	if err != nil {
		return nil, err
	}
	return clone.OpenService(ctx, b.Engine, clone.Service{Project: project, Name: w.Service, Environ: b.Environ}, options)
}

// definition is the Compose project that the workload's service stands in. It
// is not known where there is none or its files cannot be read here: the labels
// of the containers have to do then.
func (b *Bench) definition(ctx context.Context, w inspect.Workload) (project compose.Project, known bool, err error) {
	if !w.IsService() {
		return project, false, nil
	}
	if len(b.Files) > 0 {
		project, err = b.project(ctx, compose.Options{Files: b.Files})
	} else {
		project, err = b.projectOf(ctx, w)
	}
	if ctx.Err() != nil {
		return project, false, ctx.Err()
	}
	return project, err == nil, nil
}

// containers are the IDs of the containers that a person named.
func (b *Bench) containers(ctx context.Context, names []string) ([]string, error) {
	var ids []string
	for _, name := range names {
		found, err := b.Engine.Find(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("looking for what is to be cloned with it: %w", err)
		}
		if found.ID == "" {
			return nil, errors.New(inspect.Printable(name) + " has no container that could be cloned with it")
		}
		ids = append(ids, found.ID)
	}
	return ids, nil
}
