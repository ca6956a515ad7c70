package workbench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/fix/clone"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"
	"bulkhead/inspect/engine/enginetest"
)

// shop is a project whose web ends at once without its database, and writes
// where the person has data.
const shop = `
name: bulkhead-test-shop
services:
  web:
    image: REDIS
    command: ["bash", "-c", "echo x >>/srv/counter && echo x >>/data/seed && : </dev/tcp/db/6379 && exec redis-server --bind 0.0.0.0 --protected-mode no"]
    ports: ["127.0.0.1:18080:6379"]
    volumes: ["./srv:/srv", "vol:/data"]
    depends_on: {db: {condition: service_healthy}}
  db:
    image: REDIS
    healthcheck: {test: ["CMD", "redis-cli", "ping"], interval: 30s}
volumes:
  vol: {name: bulkhead-test-shop}
`

// A service that was never started is tried with what it needs, from its file
// alone, and the person's volume and directory are the same before and after.
func TestTrialOfAServiceWithoutAContainer(t *testing.T) {
	b := bench(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "srv"), 0o777); err != nil {
		t.Fatal(err)
	}
	redis := enginetest.Image(t, b.Engine, "redis")
	for name, text := range map[string]string{"compose.yaml": strings.ReplaceAll(shop, "REDIS", redis), "srv/counter": "start\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { // after the container that uses it
		if _, err := b.Engine.API.VolumeRemove(context.Background(), "bulkhead-test-shop", client.VolumeRemoveOptions{}); err != nil {
			t.Error(err)
		}
	})
	looker := enginetest.Create(t, b.Engine, client.ContainerCreateOptions{
		Config: &container.Config{Image: redis},
		HostConfig: &container.HostConfig{Mounts: []mount.Mount{
			{Type: mount.TypeVolume, Source: "bulkhead-test-shop", Target: "/data"}, {Type: mount.TypeBind, Source: filepath.Join(dir, "srv"), Target: "/srv"},
		}},
	}, false)
	before := digest(t, b, looker)

	b.Files = []string{filepath.Join(dir, "compose.yaml")}
	b.Trials.Keep = inspect.DefaultCaps // the copies are what is tested here
	project, err := b.project(t.Context(), compose.Options{Files: b.Files})
	if err != nil {
		t.Fatal(err)
	}
	w, ok := project.Workload("web")
	if !ok || w.ID != "" {
		t.Fatalf("workload %+v", w)
	}
	r, err := b.Trial(t.Context(), w, func(e trial.Event) {
		if e.Kind == trial.StepFinished {
			t.Logf("%s: %s %q", e.Step.Purpose, e.Trial.Verdict, e.Trial.Evidence)
		}
	})
	var none *clone.NoComposeError
	if errors.As(err, &none) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !r.Proved {
		t.Errorf("not proved: %+v", r.Evidence)
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.HasPrefix(n, "db is cloned with it") }) {
		t.Errorf("notes %q", r.Notes)
	}
	if after := digest(t, b, looker); after != before {
		t.Error("the person's data changed")
	}
	list, err := b.Engine.API.ContainerList(t.Context(), client.ContainerListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Items {
		if c.Image == redis && c.ID != looker && strings.HasPrefix(c.Names[0], "/bulkhead-") && c.Labels["com.docker.compose.service"] == "web" {
			t.Errorf("left behind: %q", c.Names)
		}
	}
}

// digest is the hash of all that a container's two mounts hold.
func digest(t *testing.T, b *Bench, id string) string {
	t.Helper()
	sum := sha256.New()
	for _, path := range []string{"/data", "/srv"} {
		result, err := b.Engine.API.CopyFromContainer(t.Context(), id, client.CopyFromContainerOptions{SourcePath: path})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(sum, result.Content); err != nil {
			t.Fatal(err)
		}
		if err := result.Content.Close(); err != nil {
			t.Fatal(err)
		}
	}
	original, _, err := b.Engine.Inspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	mounts := original.Mounts // the engine lists them in an order of its own each time
	slices.SortFunc(mounts, func(a, b container.MountPoint) int { return strings.Compare(a.Source, b.Source) })
	for _, m := range mounts {
		if b.Engine.Host.Local && os.Getuid() == 0 {
			hashMetadata(t, sum, m.Source)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
