package agent

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"testing"

	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// run starts a container of the image, hardened as a helper would be, and
// returns its output and exit code.
func run(t *testing.T, e *engine.Engine, image string) (string, int64) {
	t.Helper()
	ctx := t.Context()
	id := enginetest.Create(t, e, client.ContainerCreateOptions{
		Config: &container.Config{Image: image},
		HostConfig: &container.HostConfig{
			NetworkMode: "none", ReadonlyRootfs: true, CapDrop: []string{"ALL"},
			SecurityOpt: []string{"no-new-privileges"},
		},
	}, true)
	waiting := e.API.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	var code int64
	select {
	case ended := <-waiting.Result:
		code = ended.StatusCode
	case err := <-waiting.Error:
		t.Fatal(err)
	}
	logs, err := e.API.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		t.Fatal(err)
	}
	defer logs.Close()
	var out bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &out, logs); err != nil {
		t.Fatal(err)
	}
	return out.String(), code
}

func TestProgramsRunInTheEngine(t *testing.T) {
	e := enginetest.Connect(t)
	for name, program := range map[string]func(t *testing.T) string{
		"static":  func(t *testing.T) string { return compile(t, "CGO_ENABLED=0", "GOOS=linux") },
		"dynamic": compileDynamic,
	} {
		t.Run(name, func(t *testing.T) {
			b, err := read(program(t), "/")
			if err != nil {
				t.Fatal(err)
			}
			image := Image{
				Name: "bulkhead-agent-test:" + name, Entrypoint: []string{Path}, User: "12:34",
				Labels: enginetest.Labels(t),
				Files:  []File{{Path: "/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777}},
			}
			if err := Ensure(t.Context(), e.API, b, image); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { removeTestImages(t, e) })
			made, err := build(b, image)
			if err != nil {
				t.Fatal(err)
			}
			if there, err := present(t.Context(), e.API, made); err != nil || !there {
				t.Errorf("the engine has it: %v, %v", there, err)
			}
			out, code := run(t, e, image.Name)
			if want := "runs true true 12\n"; out != want || code != 0 {
				t.Errorf("it said %q and exited %d, want %q and 0", out, code, want)
			}
		})
	}
}

func TestRemoveStale(t *testing.T) {
	e := enginetest.Connect(t)
	t.Cleanup(func() { removeTestImages(t, e) })
	image := Image{Name: "bulkhead-agent-test:stale", Entrypoint: []string{Path}, Labels: enginetest.Labels(t)}
	for i := range 2 {
		if err := Ensure(t.Context(), e.API, fixtureBinary(t, fmt.Sprint("program ", i)), image); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, e, "dangling"); n != 1 {
		t.Fatalf("%d images lost their name, want 1", n)
	}
	if err := RemoveStale(t.Context(), e.API); err != nil {
		t.Fatal(err)
	}
	if all, stale := count(t, e, ""), count(t, e, "dangling"); all != 1 || stale != 0 {
		t.Errorf("%d images are left, %d of them without a name; want 1 and 0", all, stale)
	}
}

func count(t *testing.T, e *engine.Engine, flag string) int {
	t.Helper()
	filters := make(client.Filters).Add("label", enginetest.Label+"="+t.Name())
	if flag != "" {
		filters.Add(flag, "true")
	}
	images, err := list(t.Context(), e.API, filters)
	if err != nil {
		t.Fatal(err)
	}
	return len(images)
}

// removeTestImages removes what this test loaded and nothing else: Remove would
// also take the images of someone who uses bulkhead on this engine.
func removeTestImages(t *testing.T, e *engine.Engine) {
	t.Helper()
	ctx := context.Background()
	images, err := list(ctx, e.API, make(client.Filters).Add("label", enginetest.Label+"="+t.Name()))
	if err != nil {
		t.Error(err)
	}
	for _, img := range images {
		if err := removeImage(ctx, e.API, img); err != nil {
			t.Error(err)
		}
	}
}
