package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine/enginetest"
)

// A running container is watched as it is: a shell gives a file away, again and
// again.
func TestObserveLive(t *testing.T) {
	e := enginetest.Connect(t)
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	if !enginetest.HasImage(t, e, enginetest.BaseImage) {
		t.Skipf("the engine has no %s", enginetest.BaseImage)
	}
	id := enginetest.Create(t, e, client.ContainerCreateOptions{Config: &container.Config{
		Image: enginetest.BaseImage, Cmd: []string{"sh", "-c", "while :; do : > /tmp/f; chown 33 /tmp/f; sleep 0.2; done"},
	}}, true)
	before, err := e.API.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}

	// The second watch is put together with the first.
	for _, one := range []struct {
		format string
		check  func(out string)
	}{
		{"json", func(out string) {
			var seen observed
			if err := json.Unmarshal([]byte(out), &seen); err != nil {
				t.Fatalf("%v in %s", err, out)
			}
			if seen.SchemaVersion != 1 || !seen.Observation.Live || seen.LiveRuns != 1 || seen.Observation.Runs != 1 || len(seen.Observation.Syscalls) == 0 || seen.Prediction.Caps().String() != "CHOWN DAC_OVERRIDE" {
				t.Errorf("seen %s", out)
			}
		}},
		{"text", func(out string) {
			for _, want := range []string{"CHOWN: ", "chown called fchownat", "/tmp/f: changed", "Observed in 2 runs of the running container", "The last of 2 runs showed", "What came before was not watched"} {
				if !strings.Contains(out, want) {
					t.Errorf("it does not say %q:\n%s", want, out)
				}
			}
		}},
	} {
		var out, errOut bytes.Buffer
		if code := Main([]string{"observe", id, "--live", "--for", "4s", "--format", one.format}, strings.NewReader(""), &out, &errOut); code != exitFine {
			t.Fatalf("exit code %d: %s", code, errOut.String())
		}
		one.check(out.String())
		if !strings.Contains(errOut.String(), "watched with eBPF") || !strings.Contains(errOut.String(), "The observer holds CAP_") {
			t.Errorf("how it was watched is not said: %s", errOut.String())
		}
	}

	after, err := e.API.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if before.Container.State.StartedAt != after.Container.State.StartedAt || before.Container.State.Pid != after.Container.State.Pid || !after.Container.State.Running {
		t.Errorf("the container was touched: %+v, then %+v", before.Container.State, after.Container.State)
	}
}
