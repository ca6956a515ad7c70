package lab

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"bulkhead/inspect/agent"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
	"bulkhead/ui/lab/service"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// TestMain lets this very test program be what the images hold: started as a
// service, it is the service.
func TestMain(m *testing.M) {
	if len(os.Args) > 3 && slices.Equal(os.Args[1:3], service.Command("")[:2]) {
		os.Exit(service.Main(os.Args[3], os.Args[4:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// patience bounds every wait of these tests. It only has to be longer than a
// slow machine needs.
const patience = time.Minute

// until polls until ok says that it is so.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// testImage loads the image of a service under a name of its own, so that a lab
// that runs on this engine keeps its images.
func testImage(t *testing.T, e *engine.Engine, name string) string {
	t.Helper()
	binary, err := agent.Own()
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range (Options{imagePrefix: "bulkhead-service-test/"}).images() {
		if image.Labels[imageLabel] != name {
			continue
		}
		image.Labels[enginetest.Label] = "ui/lab"
		if err := agent.Ensure(t.Context(), e.API, binary, image); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := removeNamed(context.Background(), e.API, image.Name); err != nil {
				t.Error(err)
			}
		})
		return image.Name
	}
	t.Fatalf("no image for %s", name)
	return ""
}

// running is a container under test.
type running struct {
	t  *testing.T
	e  *engine.Engine
	id string
}

// start starts an image under the settings.
func start(t *testing.T, e *engine.Engine, image string, config container.Config, host container.HostConfig) running {
	t.Helper()
	config.Image = image
	id := enginetest.Create(t, e, client.ContainerCreateOptions{Config: &config, HostConfig: &host}, true)
	return running{t, e, id}
}

func (r running) inspect() container.InspectResponse {
	r.t.Helper()
	got, err := r.e.API.ContainerInspect(context.Background(), r.id, client.ContainerInspectOptions{})
	if err != nil {
		r.t.Fatal(err)
	}
	return got.Container
}

func (r running) log() string {
	r.t.Helper()
	stream, err := r.e.API.ContainerLogs(context.Background(), r.id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		r.t.Fatal(err)
	}
	defer stream.Close()
	var text bytes.Buffer
	if _, err := stdcopy.StdCopy(&text, &text, stream); err != nil {
		r.t.Fatal(err)
	}
	return text.String()
}

// logs waits until the log holds the text.
func (r running) logs(text string) {
	r.t.Helper()
	until(r.t, "the log says "+text, func() bool { return strings.Contains(r.log(), text) })
}

// exits waits until the container has ended and returns its exit code.
func (r running) exits() int {
	r.t.Helper()
	until(r.t, "the container ends", func() bool { return !r.inspect().State.Running })
	return r.inspect().State.ExitCode
}

// stop stops the container and returns its exit code.
func (r running) stop() int {
	r.t.Helper()
	if _, err := r.e.API.ContainerStop(context.Background(), r.id, client.ContainerStopOptions{}); err != nil {
		r.t.Fatal(err)
	}
	return r.inspect().State.ExitCode
}

// again starts the stopped container.
func (r running) again() {
	r.t.Helper()
	if _, err := r.e.API.ContainerStart(context.Background(), r.id, client.ContainerStartOptions{}); err != nil {
		r.t.Fatal(err)
	}
}
