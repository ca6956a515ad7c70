package workbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/composefile"
	"bulkhead/fix/runcmd"
	"bulkhead/fix/trial"
	"bulkhead/fix/trial/journal"
	"bulkhead/fix/writes"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"
)

// Draft shows the result's plan as it would be written: for a Compose service
// the change of its file, or an override where that file is not to be edited;
// for another container its docker run command.
func (b *Bench) Draft(ctx context.Context, w inspect.Workload, r trial.Result) (Draft, error) {
	if !w.IsService() {
		return b.DraftRun(ctx, w, r)
	}
	d, err := b.DraftCompose(ctx, w, r)
	var elsewhere *NotDefinedError
	if errors.As(err, &elsewhere) {
		return b.beyond(ctx, w, r, elsewhere)
	}
	var refused *InPlaceError
	if !errors.As(err, &refused) {
		return d, err
	}
	over, err := b.DraftOverride(ctx, w, r)
	if err != nil {
		refused.Override = err
		return Draft{}, refused
	}
	over.Notes = append(over.Notes, refused.Refused.Error()+".")
	return over, nil
}

// beyond is an override for a service that another file defines, which is
// included; that stands as it is.
func (b *Bench) beyond(ctx context.Context, w inspect.Workload, r trial.Result, elsewhere *NotDefinedError) (Draft, error) {
	over, err := b.DraftOverride(ctx, w, r)
	if err != nil {
		return Draft{}, elsewhere
	}
	over.Notes = append(over.Notes, elsewhere.Error()+" "+elsewhere.Hint())
	return over, nil
}

// DraftCompose is the change of the Compose file that defines the service. The
// error is an *InPlaceError where the file is not to be edited.
func (b *Bench) DraftCompose(ctx context.Context, w inspect.Workload, r trial.Result) (Draft, error) {
	d, err := b.EditCompose(ctx, w, r.Plan)
	if err != nil {
		return Draft{}, err
	}
	return b.reserved(ctx, w, r, d)
}

// EditCompose is DraftCompose without the notes on the plan's proof and on the
// file's git work tree: neither the engine nor git is asked.
func (b *Bench) EditCompose(ctx context.Context, w inspect.Workload, p fix.Plan) (Draft, error) {
	project, err := b.projectToWrite(ctx, w)
	if err != nil {
		return Draft{}, err
	}
	path := composefile.Choose(project, w.Service, p)
	if path == "" {
		return Draft{}, &NotDefinedError{Service: w.Service, Files: project.Files}
	}
	d, err := b.edit(ctx, ToCompose, w, p, composefile.Request{
		Path: path, Content: project.Content(path), Files: project.Files, Dir: project.Dir, ProjectName: project.Name, Project: &project,
	})
	var refused *composefile.RefusedError
	if errors.As(err, &refused) {
		return Draft{}, &InPlaceError{Workload: w.Name, Refused: refused}
	}
	d.Next = startCommand(project.Files, isDefault(project.Files), w.Service)
	return d, err
}

// edit makes the draft of one edit.
func (b *Bench) edit(ctx context.Context, kind DraftKind, w inspect.Workload, p fix.Plan, request composefile.Request) (Draft, error) {
	request.Service, request.Plan, request.Env, request.Shared, request.Beside = w.Service, p, b.Environ, b.Shared, b.beside
	edited, err := composefile.Edit(ctx, request)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{
		Kind: kind, Workload: w.Name, Path: request.Path, Before: request.Content, After: edited.Content, Beside: edited.Files,
		Diff:  composefile.Diff(request.Path, request.Content, edited.Content),
		Notes: edited.Notes,
	}
	for _, f := range d.Beside {
		d.Diff += composefile.FileDiff(f)
	}
	return d, nil
}

// reserved is the draft of a file with what else a person should know before
// accepting it, and the command that starts it as this machine has that.
func (b *Bench) reserved(ctx context.Context, w inspect.Workload, r trial.Result, d Draft) (Draft, error) {
	notes, err := b.reservations(ctx, w, r)
	if err != nil {
		return Draft{}, err
	}
	d.Notes = slices.Concat(notes, d.Notes, uncommitted(ctx, d.Path))
	d.Next = b.named(ctx, d.Next)
	return d, nil
}

// projectToWrite reads the project in whose files the service is written down.
func (b *Bench) projectToWrite(ctx context.Context, w inspect.Workload) (compose.Project, error) {
	switch {
	case !w.IsService():
		return compose.Project{}, &NotComposeError{Workload: w.Name}
	case len(b.Files) > 0:
		return b.project(ctx, compose.Options{Files: b.Files})
	}
	return b.projectOf(ctx, w)
}

// DraftRun is the hardened docker run command of the workload's container.
func (b *Bench) DraftRun(ctx context.Context, w inspect.Workload, r trial.Result) (Draft, error) {
	hardened, err := b.command(ctx, w, r)
	if err != nil {
		return Draft{}, err
	}
	return b.printed(ctx, ToRun, w, r, strings.Join(hardened.Lines(), "\n"), hardened.Files()...)
}

// printed is a draft of text that goes into no file, and that says its own
// notes. The files that it names go into the current directory.
func (b *Bench) printed(ctx context.Context, kind DraftKind, w inspect.Workload, r trial.Result, text string, files ...runcmd.File) (Draft, error) {
	notes, err := b.reservations(ctx, w, r)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{Kind: kind, Workload: w.Name, Command: strings.TrimSuffix(text, "\n"), Notes: notes}
	for _, f := range files {
		beside := writes.File{Content: f.Data, Mode: 0o644}
		if beside.Path, err = filepath.Abs(f.Name); err != nil {
			return Draft{}, err
		}
		if beside.Before, err = readIfThere(beside.Path); err != nil {
			return Draft{}, err
		}
		if beside.Before == nil || !bytes.Equal(beside.Before, beside.Content) {
			d.Beside = append(d.Beside, beside)
			d.Diff += composefile.FileDiff(beside)
		}
	}
	return d, nil
}

// command makes the docker run command of the workload's container under the
// result's plan.
func (b *Bench) command(ctx context.Context, w inspect.Workload, r trial.Result) (runcmd.Command, error) {
	command, err := b.commandTold(ctx, w, "")
	if err != nil {
		return runcmd.Command{}, err
	}
	return command.Harden(r.Plan), nil
}

// commandTold makes the docker run command of the workload's container as it
// is, but for one variable of its environment ("NAME=value"; "" for none).
func (b *Bench) commandTold(ctx context.Context, w inspect.Workload, variable string) (runcmd.Command, error) {
	if b.Engine == nil {
		return runcmd.Command{}, b.noEngine()
	}
	if w.ID == "" {
		return runcmd.Command{}, &NotStartedError{Workload: w}
	}
	c, raw, err := b.Engine.Inspect(ctx, w.ID)
	if err != nil {
		return runcmd.Command{}, err
	}
	if name, _, told := strings.Cut(variable, "="); told && c.Config != nil {
		c.Config.Env = append(slices.DeleteFunc(slices.Clone(c.Config.Env), func(v string) bool { return strings.HasPrefix(v, name+"=") }), variable)
	}
	image, err := b.Engine.API.ImageInspect(ctx, c.Image)
	if err != nil {
		return runcmd.Command{}, fmt.Errorf("inspecting the image of %s: %w", inspect.Printable(w.Name), err)
	}
	command, err := runcmd.From(runcmd.Input{Container: c, Raw: raw, Image: image.InspectResponse, Host: b.Engine.Host})
	if err != nil {
		return runcmd.Command{}, fmt.Errorf("making the docker run command of %s: %w", inspect.Printable(w.Name), err)
	}
	return command, nil
}

// reservations say what a person should know before accepting a plan.
func (b *Bench) reservations(ctx context.Context, w inspect.Workload, r trial.Result) ([]string, error) {
	var notes []string
	if !r.Proved {
		notes = append(notes, "No trial proved this plan.")
	}
	if r.LeftOut > 0 {
		notes = append(notes, fmt.Sprintf("%s left out of what was proved together; the rest was not proved by itself.", are(r.LeftOut)))
	}
	stale, err := b.Stale(ctx, w, r)
	if len(stale) > 0 {
		notes = append(notes, "What was proved may be true no longer; try it again before you write. "+strings.Join(stale, " "))
	}
	return notes, err
}

func are(n int) string {
	if n == 1 {
		return "1 change is"
	}
	return fmt.Sprintf("%d changes are", n)
}

// Write writes an accepted draft, all of its files or none, and returns the names
// of the backups beside them; "" where no file was there. It refuses
// when a file is no longer as it was when the draft was made. DraftUndo shows how
// it is taken back.
func (b *Bench) Write(_ context.Context, d Draft) (string, error) {
	if d.Command != "" && len(d.Beside) == 0 {
		return "", errors.New("this is printed, not written to a file")
	}
	if d.Unchanged() {
		return "", nil
	}
	store, err := b.writes()
	if err != nil {
		return "", err
	}
	files := d.Beside
	if !bytes.Equal(d.Before, d.After) {
		files = append(slices.Clone(files), writes.File{Path: d.Path, Before: d.Before, Content: d.After, Mode: d.Mode})
	}
	if _, err := store.Sweep(); err != nil {
		return "", err
	}
	record, err := store.Write(files, b.Now())
	if err != nil {
		return "", err
	}
	return strings.Join(record.Backups(), ", "), nil
}

// writes is where the records of what was written are.
func (b *Bench) writes() (writes.Store, error) {
	dir, err := journal.Dir(b.Getenv)
	return writes.At(dir), err
}
