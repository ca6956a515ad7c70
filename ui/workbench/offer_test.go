package workbench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bulkhead/fix"
	"bulkhead/fix/runcmd"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// paper is a desk that writes down what is said, and accepts or not.
type paper struct {
	said, data strings.Builder
	accepts    bool
	asked      string
}

func (p *paper) Say(s string)        { p.said.WriteString(s + "\n") }
func (p *paper) Note(s string)       { p.said.WriteString("note: " + s + "\n") }
func (p *paper) Aside(s string)      { p.said.WriteString(s) }
func (p *paper) Data(s string) error { p.data.WriteString(s); return nil }
func (p *paper) Accept(_ context.Context, question, _ string) (bool, error) {
	p.asked = question
	return p.accepts, nil
}

// onFiles is a bench over a Compose file with that content, and no engine.
func onFiles(t *testing.T, content string) (b *Bench, path string) {
	t.Helper()
	state := t.TempDir()
	path = filepath.Join(t.TempDir(), "compose.yaml")
	put(t, path, content)
	return &Bench{Files: []string{path}, Now: func() time.Time { return time.Date(2024, 5, 6, 12, 0, 7, 0, time.UTC) }, Getenv: func(name string) string {
		return map[string]string{"XDG_STATE_HOME": state}[name]
	}}, path
}

// A seccomp profile is written beside what refers to it, by its relative path,
// and taken back with it: for the Compose file, an override, and a command that
// is only printed.
func TestProfileIsWrittenBeside(t *testing.T) {
	const profile = `{"defaultAction": "SCMP_ACT_ALLOW"}`
	plan := fix.NewPlan(inspect.Change{Dial: inspect.DialSeccomp, Profile: inspect.Profile{Path: "seccomp-web.json", Text: profile}})
	result := trial.Result{Proved: true, Plan: plan}
	for name, draft := range map[string]func(*Bench, inspect.Workload) (Draft, error){
		"compose":  func(b *Bench, w inspect.Workload) (Draft, error) { return b.DraftCompose(t.Context(), w, result) },
		"override": func(b *Bench, w inspect.Workload) (Draft, error) { return b.DraftOverride(t.Context(), w, result) },
		"run": func(b *Bench, w inspect.Workload) (Draft, error) {
			return b.printed(t.Context(), ToRun, w, result, "docker run --security-opt seccomp=seccomp-web.json nginx", runcmd.File{Name: "seccomp-web.json", Data: []byte(profile)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, path := onFiles(t, "services:\n  web:\n    image: nginx\n")
			t.Chdir(filepath.Dir(path))
			w, err := b.Find(t.Context(), "web")
			if err != nil {
				t.Fatal(err)
			}
			d, err := draft(b, w)
			if err != nil {
				t.Fatal(err)
			}
			desk := &paper{}
			if err := Offer(t.Context(), desk, b, d); err != nil || desk.asked == "" {
				t.Fatalf("nobody was asked: %v", err)
			}
			beside := filepath.Join(filepath.Dir(path), "seccomp-web.json")
			if _, err := os.Stat(beside); !errors.Is(err, os.ErrNotExist) {
				t.Fatalf("written without being accepted: %v", err)
			}
			if shown := desk.data.String() + desk.said.String(); !strings.Contains(shown, "SCMP_ACT_ALLOW") {
				t.Errorf("the profile was not shown:\n%s", shown)
			}
			if d.Command != "" && strings.Contains(desk.data.String(), "SCMP_ACT_ALLOW") {
				t.Errorf("the profile stands among the command's text:\n%s", desk.data.String())
			}
			desk.accepts = true
			if err := Offer(t.Context(), desk, b, d); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(beside); err != nil || string(got) != profile {
				t.Errorf("%q, %v", got, err)
			}
			text := d.Command + string(d.After)
			if !strings.Contains(text, "seccomp:./seccomp-web.json") && !strings.Contains(text, "seccomp=seccomp-web.json") {
				t.Errorf("the profile is not referred to by a relative path:\n%s", text)
			}
			u, err := b.DraftUndo("")
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Undo(u); err != nil {
				t.Fatal(err)
			}
			left, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(left) != 1 {
				t.Errorf("left after undo: %v %v", left, err)
			}
		})
	}
}

// What cannot be read safely or written whole is refused with the reason and the
// next step, and no file differs afterwards; what can is written as it was
// shown.
func TestBadInput(t *testing.T) {
	const service = "services:\n  web:\n    image: nginx\n"
	many := strings.Builder{}
	many.WriteString(service)
	for range 10_000 {
		many.WriteString("    # nothing to see\n")
	}
	for _, tt := range []struct {
		name, content string
		// before happens to the file after it was drafted.
		before func(t *testing.T, path string)
		// refused is what the reason or the hint says; "" where it is written.
		refused string
		// after is what the written file must hold, shown what the diff must not.
		after, hidden string
	}{
		{name: "as it should be", content: service, after: "    read_only: true\n"},
		{name: "tabs", content: "services:\n\tweb:\n\t\timage: nginx\n", refused: "tab"},
		{name: "a key twice", content: "services:\n  web:\n    image: nginx\n    image: redis\n", refused: "image"},
		{name: "two documents", content: service + "---\n" + service, refused: "more than one"},
		{name: "two services in one anchor", content: "services:\n  web: &a\n    image: nginx\n  db:\n    <<: *a\n", refused: "service db"},
		{name: "governed by a variable", content: "services:\n  web:\n    image: nginx\n    read_only: ${RO:-false}\n", refused: "variable"},
		{name: "line ends of Windows", content: strings.ReplaceAll(service, "\n", "\r\n"), after: "    read_only: true\r\n"},
		{name: "no line end at the end", content: strings.TrimSuffix(service, "\n"), after: "    image: nginx\n    read_only: true"},
		{name: "ten thousand lines", content: many.String(), after: "    read_only: true\n"},
		{name: "a secret in the region", content: service + "    environment:\n      DB_PASSWORD: hunter22\n", after: "DB_PASSWORD: hunter22", hidden: "hunter22"},
		{name: "changed since it was read", content: service, refused: "changed", before: func(t *testing.T, path string) {
			put(t, path, service+"    user: root\n")
		}},
		{name: "gone since it was read", content: service, refused: "compose.yaml", before: func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a link", content: service, after: "    read_only: true\n", before: func(t *testing.T, path string) {
			if err := errors.Join(os.Rename(path, path+".real"), os.Symlink(path+".real", path)); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "read-only", content: service, refused: "read-only", before: func(t *testing.T, path string) {
			if err := os.Chmod(path, 0o400); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, path := onFiles(t, tt.content)
			w, err := b.Find(t.Context(), "web")
			if err == nil {
				d, drafted := b.DraftCompose(t.Context(), w, trial.Result{Proved: true, Plan: fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyRoot})})
				if err = drafted; err == nil {
					if tt.hidden != "" && strings.Contains(d.Diff, tt.hidden) {
						t.Errorf("the diff shows %s:\n%s", tt.hidden, d.Diff)
					}
					if tt.before != nil {
						tt.before(t, path)
					}
					want, _ := os.ReadFile(path)
					if _, err = b.Write(t.Context(), d); err != nil {
						if got, _ := os.ReadFile(path); string(got) != string(want) {
							t.Errorf("half done: %q", got)
						}
					}
				}
			}
			if tt.refused == "" {
				got, readErr := os.ReadFile(path)
				if err != nil || readErr != nil || !strings.Contains(string(got), tt.after) {
					t.Errorf("%v: the file holds %.300q", errors.Join(err, readErr), got)
				}
				return
			}
			var hinted interface{ Hint() string }
			if err == nil || !errors.As(err, &hinted) || hinted.Hint() == "" || !strings.Contains(err.Error()+hinted.Hint(), tt.refused) {
				t.Errorf("refused with %v, want %q and a next step", err, tt.refused)
			}
			if got, _ := os.ReadFile(path); tt.before == nil && string(got) != tt.content {
				t.Errorf("the file was changed: %q", got)
			}
			entries, _ := os.ReadDir(filepath.Dir(path))
			for _, e := range entries {
				if strings.Contains(e.Name(), ".bak") || strings.Contains(e.Name(), ".tmp") {
					t.Errorf("%s was left behind", e.Name())
				}
			}
		})
	}
}
