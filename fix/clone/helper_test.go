package clone

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/fix/health"
	"bulkhead/fix/health/probe"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/agent"
	"bulkhead/inspect/engine/enginetest"
)

// TestMain lets this very binary be the probe inside the engine.
func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:], helperCommand) {
		if err := probe.Serve(context.Background(), os.Stdin, os.Stdout, "/proc"); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runningCopy starts a copy of a container that runs the script, with a probe
// beside it unless it has none.
func runningCopy(t *testing.T, script string, withHelper bool) *copied {
	t.Helper()
	e := enginetest.Connect(t)
	ctx := t.Context()
	id := enginetest.Create(t, e, client.ContainerCreateOptions{
		Config: &container.Config{Image: enginetest.BaseImage, Cmd: []string{"sh", "-c", script}},
	}, false)
	var opt Options
	if withHelper {
		opt.HelperImage = probeImage(t, e)
	}
	s, err := Open(ctx, e, id, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	c, err := s.create(ctx, trial.Step{}, &logbook{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.remove(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := c.start(ctx); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHelperSeesTheCopysProcesses(t *testing.T) {
	const script = `setpriv --reuid 33 --regid 33 --groups 7,5 --bounding-set -all sleep 600 & exec setpriv --bounding-set -all,+kill sleep 601`
	c := runningCopy(t, script, true)
	want := []health.Identity{
		{Command: "sleep", UID: "0", GID: "0", Powers: health.Powers{Known: true, Groups: "0", Root: "/", Effective: inspect.ParseCaps([]string{"KILL"})}},
		{Command: "sleep", UID: "33", GID: "33", Powers: health.Powers{Known: true, Groups: "5 7", Root: "/"}},
	}
	var got []health.Identity
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if _, err := c.helper.ask(probeTimeout); err != nil {
			t.Fatal(err)
		}
		var err error
		if got, err = c.identities(t.Context()); err != nil {
			t.Fatal(err)
		}
		if cmp.Equal(want, got) {
			return
		}
		time.Sleep(pollEvery)
	}
	t.Error(cmp.Diff(want, got))
}

func TestWithoutHelperTheEngineListsTheProcesses(t *testing.T) {
	c := runningCopy(t, "exec sleep 600", false)
	got, err := c.identities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []health.Identity{{Command: "sleep"}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(health.Identity{}, "UID", "GID")); diff != "" {
		t.Error(diff)
	}
}

// An init that waits until it is alone must not wait for the probe, which it
// may not have the right to end.
func TestHelperDoesNotHoldUpTheStop(t *testing.T) {
	const script = `accompanied() { set -- /proc/[0-9]*; [ $# -gt 1 ]; }
trap 'while accompanied; do sleep 0.1; done; exit 3' TERM
while :; do sleep 0.1; done`
	c := runningCopy(t, script, true)
	if _, err := c.helper.ask(probeTimeout); err != nil {
		t.Fatal(err)
	}
	code, _, killed, err := c.stop(t.Context())
	if code != 3 || killed || err != nil {
		t.Errorf("exit code %d, killed %v, error %v", code, killed, err)
	}
}

func TestHelperEndsWithTheCopy(t *testing.T) {
	c := runningCopy(t, "sleep 3; exit 4", true)
	if c.helper == nil {
		t.Skip("the copy had ended before the probe could join it")
	}
	l := &life{copied: c}
	for {
		running, err := l.look(t.Context(), probeTimeout)
		if err != nil {
			t.Fatal(err)
		}
		if !running {
			break
		}
	}
	if !l.reading.Exited || l.reading.Code != 4 {
		t.Errorf("reading %+v", l.reading)
	}
}

// The helper's image is there until the last in this process that uses it is done.
func TestHelperImageStaysForTheOthers(t *testing.T) {
	e := enginetest.Connect(t)
	binary, err := agent.Own()
	if err != nil {
		t.Fatal(err)
	}
	var forget [2]func(context.Context) error
	var name string
	for i := range forget {
		if name, forget[i], err = HelperImage(t.Context(), e.API, binary); err != nil {
			t.Fatal(err)
		}
	}
	for i, stays := range []bool{true, false} {
		if err := forget[i](t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := e.API.ImageInspect(t.Context(), name); (err == nil) != stays {
			t.Errorf("when %d of 2 are done: %v", i+1, err)
		}
	}
}
