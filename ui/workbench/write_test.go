package workbench

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/fix/trial/journal"
	"bulkhead/inspect"
)

func TestTagsSince(t *testing.T) {
	for short, want := range map[string]bool{
		"2.24.4": true, "2.24.5": true, "2.30.1": true, "5.0.0": true, "2.40.3-desktop.1": true,
		"2.24.3": false, "2.9.10": false, "1.29.2": false, "": false, "dev": false,
	} {
		if got := tagsSince(short); got != want {
			t.Errorf("%q: got %v", short, got)
		}
	}
}

func TestStartCommand(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "compose.yaml")
	put(t, path, "services: {web: {image: nginx}}\n")
	other := filepath.Join(dir, "it's.yaml")
	put(t, other, "")
	for _, test := range []struct {
		files []string
		want  string
	}{
		{[]string{path}, "docker compose up -d web"},
		{[]string{path, other}, "docker compose -f " + path + ` -f '` + dir + `/it'\''s.yaml' up -d web`},
	} {
		if got := startCommand(test.files, isDefault(test.files), "web"); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// What git has not committed is said, and filters that the repository names do
// not run.
func TestUncommitted(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "compose.yaml")
	put(t, path, "a: 1\n")
	if got := uncommitted(t.Context(), path); got != nil {
		t.Errorf("outside a work tree: %v", got)
	}
	trap := filepath.Join(dir, "ran")
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "compose.yaml"}, {"-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "first"},
		{"config", "filter.trap.clean", "touch " + trap + "; cat"},
	} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	put(t, filepath.Join(dir, ".gitattributes"), "* filter=trap\n")
	if got := uncommitted(t.Context(), path); got != nil {
		t.Errorf("committed: %v", got)
	}
	put(t, path, "a: 2\n")
	if got := uncommitted(t.Context(), path); len(got) != 1 || !strings.Contains(got[0], "not as git last committed it") {
		t.Errorf("changed: %v", got)
	}
	if _, err := os.Stat(trap); err == nil {
		t.Error("a filter of the repository's ran")
	}
}

// A draft is written as it was shown, and taken back; what changed in between is
// left alone.
func TestWriteOverrideAndUndo(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "compose.yaml")
	put(t, path, "services: {web: {image: nginx, read_only: \"${RO:-false}\"}}\n")
	b := &Bench{Files: []string{path}, Now: func() time.Time { return time.Date(2024, 5, 6, 12, 0, 7, 0, time.UTC) }, Getenv: func(name string) string {
		return map[string]string{"XDG_STATE_HOME": state}[name]
	}}
	w, err := b.Find(t.Context(), "web")
	if err != nil {
		t.Fatal(err)
	}
	r := trial.Result{Proved: true, Plan: fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyRoot})}
	var refused *InPlaceError
	if _, err := b.DraftCompose(t.Context(), w, r); !errors.As(err, &refused) || !strings.Contains(refused.Hint(), "--to override") {
		t.Fatalf("in place: %v", err)
	}
	d, err := b.DraftOverride(t.Context(), w, r)
	if err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(dir, "compose.override.yaml")
	if d.Kind != ToOverride || d.Path != want || d.Before != nil || d.Unchanged() || !strings.HasSuffix(d.Next, "compose up -d web") {
		t.Errorf("draft: %+v", d)
	}
	if _, err := b.Write(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Write(t.Context(), d); err == nil {
		t.Error("written a second time over what is there")
	}
	u, err := b.DraftUndo("")
	if err != nil || !strings.Contains(u.Diff, "-    read_only: true") {
		t.Fatalf("undo: %v\n%s", err, u.Diff)
	}
	if err := b.Undo(u); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(want); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the override is still there: %v", err)
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What an included file defines stands as it is: an override says the plan, and
// what the project's own files define is read with it.
func TestAnIncludedServiceGetsAnOverride(t *testing.T) {
	dir := t.TempDir()
	main := filepath.Join(dir, "compose.yaml")
	put(t, main, "include: [more.yaml]\nservices:\n  web:\n    image: nginx\n")
	put(t, filepath.Join(dir, "more.yaml"), "services:\n  db:\n    image: redis\n")
	b := &Bench{Files: []string{main}, Journal: journal.At(t.TempDir()), Now: time.Now, Getenv: os.Getenv}
	w, err := b.Find(t.Context(), "db")
	if err != nil {
		t.Fatal(err)
	}
	plan := fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyRoot})
	d, err := b.Draft(t.Context(), w, trial.Result{Workload: w.Name, Plan: plan, Proved: true})
	if err != nil {
		t.Fatal(err)
	}
	if d.Kind != ToOverride || !strings.Contains(string(d.After), "  db:\n    read_only: true\n") || !strings.Contains(strings.Join(d.Notes, "\n"), "does not stand in") {
		t.Errorf("%s %q\n%s", d.Kind, d.Notes, d.After)
	}
	var elsewhere *NotDefinedError
	if _, err := b.DraftCompose(t.Context(), w, trial.Result{Workload: w.Name, Plan: plan, Proved: true}); !errors.As(err, &elsewhere) {
		t.Errorf("in the file itself: %v", err)
	}
}
