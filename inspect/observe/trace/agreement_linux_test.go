package trace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine/enginetest"
	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/watch"
)

// byChance are calls that depend on when threads and processes meet.
var byChance = []string{
	"futex", "restart_syscall", "rt_sigreturn", "sched_yield", "nanosleep", "clock_nanosleep", "madvise", "epoll_wait", "epoll_pwait", "poll", "select", "pselect6",
	"wait4", "munmap", "brk", "getpid", "kill", "tgkill",
}

// sight is what two observers must agree on.
type sight struct {
	Calls      map[observe.Phase][]string
	Sockets    []string
	Identities []string
	// Changed are the files that were not only read.
	Changed []string
	Code    int64
}

func saw(o observe.Observation, code int64) sight {
	s := sight{Calls: map[observe.Phase][]string{}, Code: code}
	for _, c := range o.Syscalls {
		if c.Phase != observe.Runtime && c.Phase != observe.Confined && !slices.Contains(byChance, c.Name) {
			s.Calls[c.Phase] = append(s.Calls[c.Phase], c.Name)
		}
	}
	for _, k := range o.Sockets {
		s.Sockets = append(s.Sockets, fmt.Sprint(k.Phase, " ", k.Operation, " ", k.Family, " ", k.Type, " ", k.Port, " ", k.Refused))
	}
	for _, i := range o.Identities {
		s.Identities = append(s.Identities, fmt.Sprint(i.Phase, " ", i.UID, ":", i.GID))
	}
	for _, f := range o.Files {
		if slices.ContainsFunc(f.Access, observe.Access.Writes) && !strings.HasPrefix(f.Path, "/proc/") && !strings.HasPrefix(f.Path, "/dev/") {
			s.Changed = append(s.Changed, fmt.Sprint(f.Path, " ", f.Access, " ", f.Refused))
		}
	}
	for _, list := range []*[]string{&s.Sockets, &s.Identities, &s.Changed} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return s
}

// Services do the same, and end the same, whichever observer watches them, and
// the observers see the same but for capability checks.
func TestObserversAgreeOnServices(t *testing.T) {
	l := newLab(t)
	helper, err := watch.Start(t.Context(), l.API, watch.Options{Image: l.image, Labels: enginetest.Labels(t)})
	var refused *observe.RefusedError
	if errors.As(err, &refused) {
		t.Skipf("there is nothing to compare with: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := helper.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	for _, service := range []struct{ name, ready string }{
		{"redis", "Ready to accept connections"},
		{"nginx", "nginx: worker process"},
	} {
		t.Run(service.name, func(t *testing.T) {
			image := enginetest.Image(t, l.Engine, service.name)
			found, err := l.API.ImageInspect(t.Context(), image)
			if err != nil {
				t.Fatal(err)
			}
			config := container.Config{
				Image: image, Entrypoint: found.Config.Entrypoint, Cmd: found.Config.Cmd, StopSignal: found.Config.StopSignal, Env: []string{"POSTGRES_PASSWORD=x"},
			}
			plain := enginetest.Create(t, l.Engine, client.ContainerCreateOptions{Config: &config}, false)
			watched, err := helper.Watch(t.Context(), plain)
			if err != nil {
				t.Fatal(err)
			}
			code := l.live(t, plain, service.ready, watched)
			want, err := watched.Stop(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			copied, traced := l.copied(t, config, container.HostConfig{})
			code2 := l.live(t, copied, service.ready, traced)
			// Paths that the tracer could not read from another user's process are
			// counted; redis has none.
			got, err := traced.Stop(t.Context())
			if err != nil || service.name == "redis" && got.Lost.Any() {
				t.Fatalf("lost %s, %v", got.Lost, err)
			}
			if diff := cmp.Diff(saw(want, code), saw(got, code2)); diff != "" {
				t.Errorf("(-eBPF +ptrace):\n%s", diff)
			}
			if !got.Misses(observe.Capabilities) || len(got.Checks) > 0 {
				t.Error("it does not say that capability checks were not watched")
			}
		})
	}
}

// live lets a service start, be ready and stop; it returns its exit code.
func (l lab) live(t *testing.T, id, ready string, w interface {
	Phase(ctx context.Context, p observe.Phase) error
}) int64 {
	t.Helper()
	ended := l.start(t, id)
	l.awaitReady(t, id, ready)
	if err := w.Phase(t.Context(), observe.Stop); err != nil {
		t.Fatal(err)
	}
	patience := 60
	if _, err := l.API.ContainerStop(t.Context(), id, client.ContainerStopOptions{Timeout: &patience}); err != nil {
		t.Fatal(err)
	}
	return <-ended
}

// awaitReady waits until the log has the text, or a process is called by it.
func (l lab) awaitReady(t *testing.T, id, text string) {
	t.Helper()
	for range 600 {
		top, err := l.API.ContainerTop(t.Context(), id, client.ContainerTopOptions{Arguments: []string{"-eo", "pid,args"}})
		if err == nil && strings.Contains(fmt.Sprint(top.Processes), text) || strings.Contains(l.log(t, id), text) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("it does not come to %q: %s", text, l.log(t, id))
}
