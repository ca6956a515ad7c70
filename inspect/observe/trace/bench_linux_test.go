package trace

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine/enginetest"
	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/act"
	"bulkhead/inspect/observe/watch"
)

// backend is a way to observe, as far as the benchmark needs it.
type backend struct {
	prepare func(*container.Config, *container.HostConfig) (*container.Config, *container.HostConfig, error)
	watch   func(ctx context.Context, id string) (stop func(context.Context) (observe.Observation, error), err error)
}

func watching[W interface {
	Stop(context.Context) (observe.Observation, error)
}](watch func(context.Context, string) (W, error)) func(context.Context, string) (func(context.Context) (observe.Observation, error), error) {
	return func(ctx context.Context, id string) (func(context.Context) (observe.Observation, error), error) {
		w, err := watch(ctx, id)
		return w.Stop, err
	}
}

func unchanged(c *container.Config, h *container.HostConfig) (*container.Config, *container.HostConfig, error) {
	return c, h, nil
}

// backends are those that are possible here, by name.
func (l lab) backends(b *testing.B) map[string]backend {
	b.Helper()
	opt := watch.Options{Image: l.image, Labels: enginetest.Labels(b)}
	all := map[string]backend{"ptrace": {l.observer.Prepare, watching(l.observer.Watch)}}
	refused := func(name string, err error) bool {
		b.Helper()
		var no *observe.RefusedError
		if errors.As(err, &no) {
			b.Logf("%s is not possible here: %v", name, err)
			return true
		}
		if err != nil {
			b.Fatal(err)
		}
		return false
	}
	if o, err := watch.Start(b.Context(), l.API, opt); !refused("eBPF", err) {
		b.Cleanup(func() { closed(b, o.Close) })
		all["ebpf"] = backend{unchanged, watching(o.Watch)}
	}
	if o, err := watch.StartLog(b.Context(), l.API, opt); !refused("the log", err) {
		b.Cleanup(func() { closed(b, o.Close) })
		all["log"] = backend{o.Prepare, watching(o.Watch)}
	}
	return all
}

func closed(b *testing.B, end func(context.Context) error) {
	b.Helper()
	if err := end(context.Background()); err != nil {
		b.Error(err)
	}
}

// BenchmarkOpenCloseByBackend says how many times longer an open and close takes
// in a container that is watched by each backend, by the clock and the best of all
// rounds. It is done on a tmpfs, so that no storage driver hides the difference.
func BenchmarkOpenCloseByBackend(b *testing.B) {
	l := newLab(b)
	all := l.backends(b)
	plain, best := math.Inf(1), map[string]float64{}
	for b.Loop() {
		plain = min(plain, l.timedOpen(b, backend{prepare: unchanged}))
		for name, one := range all {
			ns := l.timedOpen(b, one)
			if before, ok := best[name]; !ok || ns < before {
				best[name] = ns
			}
		}
	}
	for name, ns := range best {
		b.ReportMetric(ns/plain, "x-"+name)
	}
	b.ReportMetric(plain, "ns-plain")
}

// timedOpen is how many nanoseconds an open and close takes in a container.
func (l lab) timedOpen(b *testing.B, by backend) float64 {
	b.Helper()
	config, host, err := by.prepare(&container.Config{
		Image: l.image, Entrypoint: []string{inImage}, Cmd: []string{act.Word, "time"}, WorkingDir: "/timed",
	}, &container.HostConfig{Tmpfs: map[string]string{"/timed": ""}})
	if err != nil {
		b.Fatal(err)
	}
	id := enginetest.Create(b, l.Engine, client.ContainerCreateOptions{Config: config, HostConfig: host}, false)
	if by.watch != nil {
		stop, err := by.watch(b.Context(), id)
		if err != nil {
			b.Fatal(err)
		}
		defer func() {
			if _, err := stop(b.Context()); err != nil {
				b.Error(err)
			}
		}()
	}
	if code := <-l.start(b, id); code != 0 {
		b.Fatalf("it exited with %d: %s", code, l.log(b, id))
	}
	_, wall, _ := strings.Cut(strings.TrimSpace(l.log(b, id)), " ")
	ns, err := strconv.ParseFloat(wall, 64)
	if err != nil {
		b.Fatal(err)
	}
	return ns
}
