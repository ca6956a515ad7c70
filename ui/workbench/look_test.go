package workbench

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
	"bulkhead/inspect/snapshot"
)

// planted is in the environment, a label and the health check of the container
// that secretive makes.
const planted = "hunter22correcthorse"

// secretive makes a container that holds secrets wherever one can, and returns
// its ID.
func secretive(t *testing.T, b *Bench) string {
	t.Helper()
	if !enginetest.HasImage(t, b.Engine, enginetest.BaseImage) {
		t.Skipf("the engine does not have %s", enginetest.BaseImage)
	}
	return enginetest.Create(t, b.Engine, client.ContainerCreateOptions{
		Config: &container.Config{
			Image: enginetest.BaseImage, Cmd: []string{"sh", "-c", "sleep 600 & wait", planted},
			Env:         []string{"DB_PASSWORD=" + planted, "URL=https://u:" + planted + "@h/"},
			Labels:      map[string]string{"api_token": planted, "mirror": "https://u:" + planted + "@h/"},
			Healthcheck: &container.HealthConfig{Test: []string{"CMD", "true", planted}},
		},
		HostConfig: &container.HostConfig{
			NetworkMode: "none", CapDrop: []string{"ALL"},
			LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"env": "DB_PASSWORD"}},
		},
	}, true)
}

func audited(t *testing.T, a Audit, id string) inspect.Audited {
	t.Helper()
	for _, w := range a.Workloads {
		if w.Workload.ID == id {
			return w
		}
	}
	t.Fatalf("the audit has no workload %s", id)
	return inspect.Audited{}
}

func TestASnapshotIsJudgedAsTheEngineIs(t *testing.T) {
	b := bench(t)
	id := secretive(t, b)
	live, err := b.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	taken, err := b.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := snapshot.Encode(&file, taken); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(file.Bytes(), []byte(planted)) {
		t.Fatal("the snapshot holds a secret")
	}
	read, err := snapshot.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	from := &Bench{Snapshot: &read}
	later, err := from.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, got := audited(t, live, id), audited(t, later, id)
	if diff := cmp.Diff(want.Layers, got.Layers); diff != "" {
		t.Errorf("the workload's layers (-live +snapshot):\n%s", diff)
	}
	if diff := cmp.Diff(live.Engine, later.Engine); diff != "" {
		t.Errorf("the engine's layer (-live +snapshot):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"api_token", "mirror"}, got.Workload.SecretLabels); diff != "" {
		t.Errorf("secret labels (-want +got):\n%s", diff)
	}
	if len(later.Problems) == 0 || !strings.HasPrefix(later.Problems[0], "This is a snapshot") {
		t.Errorf("it does not say that it is a snapshot: %q", later.Problems)
	}
	w, err := from.Find(t.Context(), id)
	if err != nil || w.ID != id {
		t.Errorf("found %q, %v", w.ID, err)
	}
	var refused *SnapshotError
	if _, err := from.Trial(t.Context(), w, nil); !errors.As(err, &refused) || refused.Hint() == "" {
		t.Errorf("a trial on a snapshot gives %v", err)
	}
}

// Two connections to one engine stand for two engines.
func TestSeveralEnginesInOneAudit(t *testing.T) {
	b := bench(t)
	id := secretive(t, b)
	other := enginetest.Connect(t)
	b.Engine.Host.Context, other.Host.Context = "prod", "stage\x1b[2J"
	b.Further = []*engine.Engine{other}
	b.Missed = []error{&engine.ConnectError{What: "There is no engine at x.", Next: "Start it."}}
	a, err := b.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, w := range a.Workloads {
		if w.Workload.ID == id {
			names = append(names, strings.TrimSuffix(w.Workload.Name, w.Workload.Container))
		}
	}
	if diff := cmp.Diff([]string{"prod/", "stage\x1b[2J/"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if a.Host.Context != "prod" || len(a.Further) != 1 || a.Further[0].Host.Context != other.Host.Context || a.Further[0].Engine.State == "" {
		t.Errorf("the engines are %q and %+v", a.Host.Context, a.Further)
	}
	if a.Missed == nil || !strings.Contains(strings.Join(a.Problems, "\n"), "There is no engine at x. Start it.") {
		t.Errorf("missed: %v; problems: %q", a.Missed, a.Problems)
	}
}

func TestResultsComeAsTheyAreRead(t *testing.T) {
	b := bench(t)
	id := secretive(t, b)
	seen := map[string]bool{}
	a, err := b.AuditEach(t.Context(), func(w inspect.Audited) { seen[w.Workload.Name] = true })
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range a.Workloads {
		if !seen[w.Workload.Name] {
			t.Errorf("%s was not handed over", w.Workload.Name)
		}
	}
	if got := audited(t, a, id).Workload; !seen[got.Name] {
		t.Errorf("%s was not handed over", got.Name)
	}
}

func TestASnapshotWithoutAnEngineIsRefused(t *testing.T) {
	b := &Bench{Now: time.Now, Getenv: os.Getenv}
	if _, err := b.Take(t.Context()); !errors.Is(err, ErrNoEngine) {
		t.Errorf("the error is %v", err)
	}
}
