package plain

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/ui/workbench"
)

var update = flag.Bool("update", false, "write the golden files")

// service is a Runner over a service that needs SETUID.
type service struct{}

func (service) Run(_ context.Context, step trial.Step, _ *health.Expectation, _ func(string)) (health.Reading, error) {
	held, speaks := step.Plan.Capabilities()
	if speaks && !held.Has(inspect.ParseCaps([]string{"SETUID"})) {
		said := "web: setuid: Operation not permitted \x1b[31m"
		return health.Reading{Exited: true, Code: 1, Log: []string{"web: starting", said}, Complaints: health.Complaints([]string{said})}, nil
	}
	web := health.Identity{Command: "web", UID: "101", GID: "101"}
	return health.Reading{
		Ready: true, ReadyAfter: time.Second, Identities: []health.Identity{web}, Seen: []health.Identity{web},
		Answers: []health.Answer{{Protocol: "tcp", Port: 80, Kind: health.Answered, Line: "HTTP/1.1 200 OK"}},
		Restart: health.Restart{Tried: true, Ready: true},
	}, nil
}

func (service) Survey(context.Context, string) (trial.Survey, error) { return trial.Survey{}, nil }
func (service) Loosen(context.Context) (string, error)               { return "", nil }

var web = inspect.Workload{Name: "shop/web", Project: "shop", Service: "web", Settings: inspect.Settings{
	ReadOnlyRoot: true, CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN", "KILL", "SETUID"},
}}

// bench has one workload, and remembers what was written.
type bench struct {
	saved   *trial.Result
	written bool
}

func (b *bench) Audit(context.Context) (workbench.Audit, error) {
	return workbench.Audit{Workloads: []inspect.Audited{check.Audit(web, inspect.Host{})}}, nil
}

func (b *bench) Attempt(_ context.Context, w inspect.Workload, emit func(trial.Event)) (*workbench.Attempt, error) {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	search := trial.New(service{}, trial.Subject{Workload: w}, trial.Options{
		Now:  func() time.Time { return began },
		Save: func(r trial.Result) error { b.saved = &r; return nil },
	}, emit)
	return &workbench.Attempt{Search: search, Workload: w}, nil
}

func (b *bench) Draft(_ context.Context, w inspect.Workload) (workbench.Draft, error) {
	return workbench.Draft{Kind: workbench.ToCompose, Workload: w.Name, Path: "compose.yaml", Before: []byte("a"), After: []byte("b"),
		Diff: "--- compose.yaml\n+++ compose.yaml\n-a\n+b\n", Next: "docker compose up -d web"}, nil
}

func (b *bench) Write(context.Context, workbench.Draft) (string, error) {
	b.written = true
	return "compose.yaml.bak", nil
}

func golden(t *testing.T, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(t.Name(), "/", "_")+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestLead(t *testing.T) {
	for _, tt := range []struct {
		name, answers string
		want          error
		proved        bool
	}{
		{"step_by_step", "1\n\n6\n1\n3\n1\n9\n", ErrStopped, false},
		{"end_of_input", "4\n", ErrStopped, false},
		// What was judged to pass is confirmed by trials of its own, and fails them.
		{"judge", "4\n5\n1\nit answered me\n8\n", ErrStopped, false},
		{"settle", "2\n2\n8\n", nil, true},
		{"by_itself", "?\nx\n7\n", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			b := &bench{}
			r, err := NewConsole(strings.NewReader(tt.answers), &out, 80, true).Attempt(t.Context(), b, web)
			if !errors.Is(err, tt.want) || r.Proved != tt.proved {
				t.Errorf("error %v, proved %v", err, r.Proved)
			}
			if b.saved == nil || len(b.saved.Trials) != len(r.Trials) {
				t.Error("what was found is not kept")
			}
			if strings.Contains(out.String(), "\x1b") {
				t.Error("a control sequence of the service got through")
			}
			golden(t, out.String()+Kept(r)+"\n")
		})
	}
}

func TestGuide(t *testing.T) {
	for name, tt := range map[string]struct {
		answers string
		written bool
	}{
		"accepted": {"1\n\n7\ny\n", true},
		"declined": {"1\n\n7\n\n", false},
		"left":     {"0\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			b := &bench{}
			c := NewConsole(strings.NewReader(tt.answers), &out, 80, true)
			_, err := c.Guide(t.Context(), b, b, "", func(trial.Result) error { c.say("(the result)"); return nil })
			if err != nil || b.written != tt.written {
				t.Errorf("error %v, written %v", err, b.written)
			}
			golden(t, out.String())
		})
	}
}

func TestEye(t *testing.T) {
	environment := []string{"HOME=/x", "BULKHEAD_CONTAINER=copy1", "BULKHEAD_ADDRESS=172.20.0.2", "BULKHEAD_PORT_80=80", "BULKHEAD_PORT_443=32768"}
	for answer, want := range map[string]string{
		"\n":                      "",
		"maybe\nyes\n":            "",
		"n\n":                     "You looked at it, and it did not work",
		"no the page is empty.\n": "You looked at it, and it did not work: the page is empty",
	} {
		var out strings.Builder
		got, err := NewConsole(strings.NewReader(answer), &out, 80, true).Eye(t.Context(), trial.Step{N: 3}, environment)
		if err != nil || got != want {
			t.Errorf("%q: %q, error %v", answer, got, err)
		}
		for _, shown := range []string{"copy1", "172.20.0.2", "32768 (for 443 inside), 80"} {
			if !strings.Contains(out.String(), shown) {
				t.Errorf("%q is not shown:\n%s", shown, out.String())
			}
		}
	}
}

func TestAskReturnsWhenInterrupted(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := NewConsole(in, &strings.Builder{}, 80, false)
	if _, err := c.ask(ctx, "?"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	// What was being read is the next answer, not lost.
	if _, err := out.WriteString("late\n"); err != nil {
		t.Fatal(err)
	}
	out.Close()
	if got, err := c.ask(t.Context(), "?"); err != nil || got != "late" {
		t.Errorf("%q, error %v", got, err)
	}
}
