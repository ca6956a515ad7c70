package workbench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/composefile"
	"bulkhead/fix/writes"
	"bulkhead/inspect"
)

// NoSecretError says that a variable cannot be moved into a secret, or that
// there is none to move.
type NoSecretError struct{ Workload, Variable string }

// Error says so.
func (e *NoSecretError) Error() string {
	if e.Variable == "" {
		return inspect.Printable(e.Workload) + " has no variable that its image is known to read from a file"
	}
	return fmt.Sprintf("the environment of %s holds no %s", inspect.Printable(e.Workload), inspect.Printable(e.Variable))
}

// Hint is the next step.
func (e *NoSecretError) Hint() string {
	if e.Variable == "" {
		return "Name a variable with --move-secret NAME where the service itself reads /run/secrets."
	}
	return "Name a variable as the Compose file writes it."
}

// DraftSecrets shows the service's file with variables moved into secrets;
// without variables, all those that the image is known to read from a file. No
// trial proves that, and the values are never shown.
func (b *Bench) DraftSecrets(ctx context.Context, w inspect.Workload, variables []string) (Draft, error) {
	project, err := b.projectToWrite(ctx, w)
	if err != nil {
		return Draft{}, err
	}
	service, ok := project.Workload(w.Service)
	if !ok {
		return Draft{}, &NotDefinedError{Service: w.Service, Files: project.Files}
	}
	var notes []string
	if len(variables) == 0 {
		if variables, notes = readFromFiles(service); len(variables) == 0 {
			return Draft{}, &NoSecretError{Workload: w.Name}
		}
	}
	plan := fix.Plan{}
	for _, name := range variables {
		if !slices.Contains(service.Settings.Env, name) {
			return Draft{}, &NoSecretError{Workload: w.Name, Variable: name}
		}
		plan = plan.With(inspect.MoveSecret(service.Service, service.Image, name))
	}
	d, err := b.EditCompose(ctx, w, plan)
	if err != nil {
		return Draft{}, err
	}
	// There is no proof that could be verified.
	d.Workload = ""
	ignored, err := unignored(ctx, project.Dir, d.Beside)
	if err != nil {
		return Draft{}, err
	}
	for _, f := range ignored {
		d.Beside = append(d.Beside, f)
		d.Diff += composefile.FileDiff(f)
	}
	d.Notes = slices.Concat(d.Notes, notes, uncommitted(ctx, d.Path))
	return d, nil
}

// readFromFiles are the service's secrets that its image is known to read from
// files, with a word on the others.
func readFromFiles(w inspect.Workload) (variables, notes []string) {
	for _, name := range w.Settings.Env {
		if !inspect.SecretName(name) {
			continue
		}
		if _, _, known := inspect.SecretFile(w.Image, name); known {
			variables = append(variables, name)
		} else {
			notes = append(notes, inspect.Printable(name)+" stays: the image is not known to read it from a file.")
		}
	}
	return variables, notes
}

// unignored is .gitignore with the directory of the secrets, where they stand in
// a git work tree that would take them in.
func unignored(ctx context.Context, dir string, files []writes.File) ([]writes.File, error) {
	at := slices.IndexFunc(files, func(f writes.File) bool { return f.Secret })
	if at < 0 || git(ctx, dir, "rev-parse", "--is-inside-work-tree") != "true" ||
		git(ctx, dir, "check-ignore", "--", files[at].Path) != "" {
		return nil, nil
	}
	path := filepath.Join(dir, ".gitignore")
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("keeping secrets/ out of git: %w", err)
	}
	newline, text := "\n", string(before)
	if strings.Contains(text, "\r\n") {
		newline = "\r\n"
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += newline
	}
	return []writes.File{{Path: path, Before: before, Content: []byte(text + "/secrets/" + newline), Mode: 0o644}}, nil
}
