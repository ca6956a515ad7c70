package workbench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/agent"
	"bulkhead/inspect/observe"
)

// An observer that changes what it watches gets a copy of its own before the
// search, which goes unwatched and finds the same set.
func TestTrialBesideAnObserverOfItsOwn(t *testing.T) {
	static := filepath.Join(t.TempDir(), "bulkhead")
	build := exec.Command("go", "build", "-o", static, "bulkhead")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building bulkhead: %v\n%s", err, out)
	}
	for kind, backend := range map[Observing]string{ObservePtrace: "ptrace", ObserveLog: "the kernel's log"} {
		t.Run(string(kind), func(t *testing.T) {
			b := bench(t)
			b.kept = nil
			b.Getenv = func(name string) string {
				if name == agent.HelperVariable {
					return static
				}
				return os.Getenv(name)
			}
			b.Trials.Observe = kind
			w := start(t, b, "redis", container.Config{}, container.HostConfig{})
			var notes []string
			r, err := b.Trial(t.Context(), w, func(e trial.Event) {
				if e.Kind == trial.Note {
					notes = append(notes, e.Line)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			want := inspect.ParseCaps(strict["redis"])
			if set, _ := r.Plan.Capabilities(); !r.Proved || set != want {
				t.Errorf("proved %v, it keeps %s, want %s", r.Proved, set, want)
			}
			said := strings.Join(notes, "\n")
			if strings.Contains(said, "No copy was watched") {
				t.Skip(said)
			}
			if !strings.Contains(said, "A copy is watched with "+backend) {
				t.Errorf("notes %q", notes)
			}
			for _, run := range r.Trials {
				if run.Reading != nil && run.Reading.Watched != nil {
					t.Errorf("run %d was watched, too", run.N)
				}
			}
			seen, err := b.Journal.Runs(w.Name, r.Facts)
			if err != nil || len(seen) != 1 {
				t.Fatalf("%d observations were kept, %v", len(seen), err)
			}
			calls := map[string]bool{}
			for _, call := range seen[0].Syscalls {
				calls[call.Name] = true
			}
			if o := seen[0]; !o.Began || !o.Misses(observe.Capabilities) || !calls["setgroups"] || !calls["epoll_wait"] {
				t.Errorf("it began %v and made the calls %v", o.Began, calls)
			}
		})
	}
}
