// Package enginetest gives tests the real engine and keeps what they create
// apart from everything else on it. Only tests import it.
package enginetest

import (
	"context"
	"os"
	"testing"
	"time"

	"bulkhead/inspect/engine"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// Label marks everything that tests create; its value is the test's name.
const Label = "bulkhead.test"

// BaseImage is the image that tests may take for granted where an engine is.
const BaseImage = "debian:bookworm-slim"

// Connect returns the engine that the environment means. Without one the test
// is skipped, or fails where BULKHEAD_REQUIRE_ENGINE=1 says that one must be
// there.
func Connect(t testing.TB) *engine.Engine {
	t.Helper()
	e, err := engine.Connect(context.Background(), engine.Options{})
	if err != nil {
		if os.Getenv("BULKHEAD_REQUIRE_ENGINE") == "1" {
			t.Fatalf("BULKHEAD_REQUIRE_ENGINE=1, but no engine answers: %v", err)
		}
		t.Skipf("no engine answers: %v", err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// Labels are the labels to put on everything the test creates.
func Labels(t testing.TB) map[string]string {
	return map[string]string{Label: t.Name()}
}

// Create makes a container, started where that is wanted, and removes it with
// its anonymous volumes when the test ends. The test's label is added.
func Create(t testing.TB, e *engine.Engine, options client.ContainerCreateOptions, start bool) string {
	t.Helper()
	if options.Config.Labels == nil {
		options.Config.Labels = map[string]string{}
	}
	options.Config.Labels[Label] = t.Name()
	ctx := context.Background()
	created, err := e.API.ContainerCreate(ctx, options)
	if err != nil {
		t.Fatalf("creating a container: %v", err)
	}
	t.Cleanup(func() { Remove(t, e, created.ID) })
	if start {
		if _, err := e.API.ContainerStart(ctx, created.ID, client.ContainerStartOptions{}); err != nil {
			t.Fatalf("starting a container: %v", err)
		}
	}
	return created.ID
}

// Remove removes a container and its anonymous volumes, running or not.
func Remove(t testing.TB, e *engine.Engine, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err := e.API.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil {
		t.Errorf("removing container %s: %v", id, err)
	}
}

// HasImage says whether the engine has the image.
func HasImage(t testing.TB, e *engine.Engine, ref string) bool {
	t.Helper()
	_, err := e.API.ImageInspect(context.Background(), ref)
	if err != nil && !errdefs.IsNotFound(err) {
		t.Fatalf("asking for image %s: %v", ref, err)
	}
	return err == nil
}
