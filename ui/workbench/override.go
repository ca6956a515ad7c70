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

	"bulkhead/fix/composefile"
	"bulkhead/fix/runcmd"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"
)

// InPlaceError says why the Compose file itself is not edited.
type InPlaceError struct {
	Workload string
	Refused  *composefile.RefusedError
	// Override says why an override file cannot say it either; nil where that was
	// not tried.
	Override error
}

// Error says why.
func (e *InPlaceError) Error() string {
	if e.Override != nil {
		return fmt.Sprintf("%v; %v", e.Refused, e.Override)
	}
	return e.Refused.Error()
}

// Hint is the next step, and the other ways to write the plan down.
func (e *InPlaceError) Hint() string {
	next := e.Refused.Hint()
	if e.Refused.Shared {
		next += fmt.Sprintf(" Or let the services that share it change, too: `bulkhead write %s --shared`.", inspect.Printable(e.Workload))
	}
	var hinted interface{ Hint() string }
	switch {
	case e.Override == nil:
		return fmt.Sprintf("%s Or write an override file: `bulkhead write %s --to override`.", next, inspect.Printable(e.Workload))
	case errors.As(e.Override, &hinted):
		return next + " Or, for an override file: " + hinted.Hint()
	}
	return next
}

// Unwrap returns the refusal.
func (e *InPlaceError) Unwrap() error { return e.Refused }

// DraftOverride is an override file that says what the plan changes, or the
// change of the one that is there. The project's other files stay.
func (b *Bench) DraftOverride(ctx context.Context, w inspect.Workload, r trial.Result) (Draft, error) {
	project, err := b.projectToWrite(ctx, w)
	if err != nil {
		return Draft{}, err
	}
	path, bare := composefile.OverrideFile(project.Files, exists)
	request := composefile.Request{
		Path: path, Files: project.Files, Dir: project.Dir, ProjectName: project.Name, Content: project.Content(path),
		Override: true, Tags: b.knowsTags(ctx), Project: &project,
	}
	if request.Content == nil && exists(path) {
		// It is there and was not named: what it says counts from now on.
		if request.Content, err = os.ReadFile(path); err != nil {
			return Draft{}, fmt.Errorf("reading Compose file %q: %w", path, err)
		}
		request.Project = nil
	}
	d, err := b.edit(ctx, ToOverride, w, r.Plan, request)
	if err != nil {
		return Draft{}, err
	}
	d.Mode = modeOf(project.Files[0])
	files := project.Files
	if files[len(files)-1] != path {
		files = append(files[:len(files):len(files)], path)
	}
	d.Next = startCommand(files, bare, w.Service)
	if !bare {
		d.Notes = append(d.Notes, "Compose does not read this file by itself: name it with -f each time.")
	}
	return b.reserved(ctx, w, r, d)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// modeOf is the permissions of a file, that a new one beside it takes over.
func modeOf(path string) fs.FileMode {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Mode().Perm()
}

// isDefault says whether Compose finds the files by itself in their directory.
func isDefault(files []string) bool {
	found, err := compose.DefaultFiles(filepath.Dir(files[0]))
	return err == nil && slices.Equal(found, files)
}

// startCommand starts a service from the files. bare says that they need not be
// named.
func startCommand(files []string, bare bool, service string) string {
	words := []string{"docker", "compose"}
	for _, file := range files {
		if !bare {
			words = append(words, "-f", runcmd.ShellWord(file))
		}
	}
	return strings.Join(append(words, "up", "-d", runcmd.ShellWord(service)), " ")
}
