package watch

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
	"bulkhead/inspect/observe"
)

// script makes a container that runs a shell script.
func script(t testing.TB, e *engine.Engine, text string, host *container.HostConfig) string {
	t.Helper()
	if !enginetest.HasImage(t, e, enginetest.BaseImage) {
		t.Skipf("the engine has no %s", enginetest.BaseImage)
	}
	return enginetest.Create(t, e, client.ContainerCreateOptions{
		Config: &container.Config{Image: enginetest.BaseImage, Cmd: []string{"sh", "-c", text}}, HostConfig: host,
	}, false)
}

// startCalls counts the application's calls.
func startCalls(o observe.Observation) map[string]uint64 {
	counts := map[string]uint64{}
	for _, s := range o.Syscalls {
		if s.Phase == observe.Start {
			counts[s.Name] += s.Count
		}
	}
	return counts
}

// The log counts the same calls as eBPF does, also those of processes that are
// gone at once.
func TestTheLogCountsWhatEBPFCounts(t *testing.T) {
	e := enginetest.Connect(t)
	img := image(t, e)
	const work = "i=0; while [ $i -lt 200 ]; do : >> /tmp/f; i=$((i+1)); done; for i in 1 2 3 4 5; do /bin/true; done; exit 0"
	want := startCalls(observed(t, e, observer(t, e, img, "SYS_ADMIN"), script(t, e, work, nil)))

	l, err := StartLog(t.Context(), e.API, Options{Image: img, Labels: enginetest.Labels(t)})
	var refused *observe.RefusedError
	if errors.As(err, &refused) {
		t.Skipf("this kernel's log cannot be read: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	_, host, err := l.Prepare(nil, &container.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	id := script(t, e, work, host)
	w, err := l.Watch(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	runToEnd(t, e, id)
	o, err := w.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.Lost.Any() || !o.Began {
		t.Errorf("lost %s, began %v", o.Lost, o.Began)
	}
	got := startCalls(o)
	// Its own execution is the runtime's call to the log, the application's to
	// eBPF.
	for _, counts := range []map[string]uint64{want, got} {
		delete(counts, "execve")
	}
	if diff := cmp.Diff(want, got); diff != "" || got["openat"] < 200 {
		t.Errorf("(-eBPF +log):\n%s", diff)
	}
	found, err := e.API.ContainerInspect(t.Context(), l.id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h := found.Container.HostConfig
	if !h.ReadonlyRootfs || h.Privileged || !h.NetworkMode.IsHost() || h.PidMode.IsHost() ||
		!cmp.Equal([]string{"ALL"}, []string(h.CapDrop)) || len(h.CapAdd) != 1 || len(h.Binds)+len(h.Mounts) > 0 {
		t.Errorf("the helper: %+v", h)
	}
}

// Without the capability the log is refused, not empty.
func TestWithoutItsCapabilityTheLogIsRefused(t *testing.T) {
	e := enginetest.Connect(t)
	o, err := start(t.Context(), e.API, Options{Image: image(t, e), Labels: enginetest.Labels(t)}, helper{LogCommand, nil, "host"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	_, err = o.Watch(t.Context(), nobody)
	var refused *observe.RefusedError
	if !errors.As(err, &refused) {
		t.Errorf("the error is %v", err)
	}
}

// A container that executes as fast as it can: every execution is seen, or what
// is missing is counted.
func TestExecutionsAsFastAsCanBe(t *testing.T) {
	e := enginetest.Connect(t)
	const times = 1500
	id := script(t, e, "i=0; while [ $i -lt 1500 ]; do /bin/true; i=$((i+1)); done; exit 0", nil)
	o := observer(t, e, image(t, e), "SYS_ADMIN")
	w, err := o.Watch(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	runToEnd(t, e, id)
	seen, err := w.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var executed, calls uint64
	for _, x := range seen.Executions {
		if x.Path == "/usr/bin/true" {
			executed += x.Count
		}
	}
	for _, s := range seen.Syscalls {
		if s.Name == "execve" && s.Phase == observe.Start {
			calls += s.Count
		}
	}
	if calls < times || executed+seen.Lost.Events < times {
		t.Errorf("%d execve, %d executions, lost %s", calls, executed, seen.Lost)
	}
}
