package workbench

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/fix/clone"
	"bulkhead/inspect"
	"bulkhead/inspect/engine/enginetest"
)

// gate stands between a bulkhead and the engine, so that a test knows what it is
// about to do, and can act at that very moment.
type gate struct {
	listener net.Listener
	server   *http.Server
	stage    stage

	mu      sync.Mutex
	seen    int
	reached chan struct{} // closed when the stage is reached
	open    chan struct{} // until it is closed, what was to be done then waits
}

// stage is the n-th request whose method and path, with its query, contain the
// words.
type stage struct {
	name  string
	words []string
	n     int
}

// newGate lets through what goes to the engine until the stage is reached.
func newGate(t *testing.T, b *Bench, s stage) *gate {
	t.Helper()
	dir, err := os.MkdirTemp("", "gate") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	g := &gate{stage: s, reached: make(chan struct{}), open: make(chan struct{})}
	if g.listener, err = net.Listen("unix", filepath.Join(dir, "s")); err != nil {
		t.Fatal(err)
	}
	dial := b.Engine.API.Dialer()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }}
	proxy := &httputil.ReverseProxy{
		Transport: transport, FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = "http", "engine" },
		// What breaks off here is what the tests are about.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog:     nil,
	}
	g.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.pass(r)
		proxy.ServeHTTP(w, r)
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = g.server.Serve(g.listener) }()
	t.Cleanup(func() { g.server.Close(); <-done; transport.CloseIdleConnections() })
	return g
}

// pass waits where the request is the stage that was asked for, or one like it
// later.
func (g *gate) pass(r *http.Request) {
	request := r.Method + " " + r.URL.RequestURI()
	for _, word := range g.stage.words {
		if !strings.Contains(request, word) {
			return
		}
	}
	g.mu.Lock()
	g.seen++
	seen := g.seen
	g.mu.Unlock()
	if seen == g.stage.n {
		close(g.reached)
	}
	if seen >= g.stage.n {
		<-g.open
	}
}

// victim is another bulkhead, which tries the workload through the gate.
func (g *gate) victim(t *testing.T, bulkhead string, w inspect.Workload) *exec.Cmd {
	t.Helper()
	v := exec.Command(bulkhead, "trial", w.ID, filepath.Join(t.TempDir(), "running"))
	v.Env = append(os.Environ(), "DOCKER_HOST=unix://"+g.listener.Addr().String())
	v.Stderr = os.Stderr
	if err := v.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = v.Wait() }()
	t.Cleanup(func() { _ = v.Process.Kill(); <-ended })
	select {
	case <-g.reached:
	case <-ended:
		t.Fatalf("the trial ended with %v before it came to %s", v.ProcessState, g.stage.name)
	}
	v.Cancel = func() error { err := v.Process.Kill(); <-ended; return err }
	return v
}

// anotherBinary is this very binary with a byte more, so that its helper's image
// is another one, which nobody else has in the engine.
func anotherBinary(t *testing.T) string {
	t.Helper()
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "another.test")
	if err := os.WriteFile(path, append(program, 0), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// stages are the moments at which a bulkhead is killed: the request is held back
// until it is dead, and then carried out all the same, as an engine does with
// what it has begun.
var stages = []stage{
	{"the helper image is loaded", []string{"POST", "/images/load"}, 1},
	{"the network is made", []string{"POST", "/networks/create"}, 1},
	{"a volume is made", []string{"POST", "/volumes/create"}, 1},
	{"a companion is made", []string{"POST", "/containers/create", "-with1"}, 1},
	{"the data is copied in", []string{"PUT", "/archive"}, 1},
	{"the observer is started", []string{"POST", "/start"}, 1},
	{"the baseline is started", []string{"POST", "/start"}, 3},
	{"the probe joins", []string{"POST", "/attach", "stdin=1"}, 2},
	{"a copy is stopped", []string{"POST", "/stop"}, 1},
	{"a copy is removed between two trials", []string{"DELETE", "/containers/", "v=1"}, 3},
	{"the end", []string{"DELETE", "/networks/"}, 1},
}

// killable is a service with data of the person's and something beside it,
// which writes to all it can reach.
func killable(t *testing.T, b *Bench) (w inspect.Workload, looker string) {
	t.Helper()
	dir, volume := t.TempDir(), "bulkhead-test-"+strings.ToLower(t.Name())
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("the person's\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Engine.API.VolumeCreate(t.Context(), client.VolumeCreateOptions{Name: volume, Labels: enginetest.Labels(t)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the containers that use it
		if _, err := b.Engine.API.VolumeRemove(context.Background(), volume, client.VolumeRemoveOptions{}); err != nil {
			t.Error(err)
		}
	})
	mounts := container.HostConfig{Mounts: []mount.Mount{
		{Type: mount.TypeVolume, Source: volume, Target: "/data"}, {Type: mount.TypeBind, Source: dir, Target: "/srv"},
	}}
	project := map[string]string{"com.docker.compose.project": volume, "com.docker.compose.service": "db"}
	faulty(t, b, serving, container.Config{Labels: project}, container.HostConfig{})
	w = faulty(t, b, "echo x >>/srv/file; echo x >>/data/file; "+serving, container.Config{
		Labels: map[string]string{
			"com.docker.compose.project": volume, "com.docker.compose.service": "web", "com.docker.compose.depends_on": "db:service_started:false",
		},
		Healthcheck: &container.HealthConfig{Test: []string{"CMD", "test", "-s", "/srv/file"}},
	}, mounts)
	return w, w.ID
}

// A bulkhead that is killed at any moment leaves what the next Clean finds, and
// nothing of the person's nor of another bulkhead is touched.
func TestKilledAtEveryStage(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("whether a process lives is only known well enough on Linux")
	}
	b := faultBench(t)
	w, looker := killable(t, b)
	other := faulty(t, b, serving, container.Config{}, container.HostConfig{})
	living := newGate(t, b, stage{"the living one runs", []string{"POST", "/start"}, 2})
	alive := living.victim(t, os.Args[0], other)
	theirs := leftovers(t, b.Engine, other.ID)
	if len(theirs) == 0 {
		t.Fatal("the living bulkhead has nothing; this test shows less than it should")
	}
	before, another := digest(t, b, looker), anotherBinary(t)
	for _, s := range stages {
		t.Run(s.name, func(t *testing.T) {
			g := newGate(t, b, s)
			victim := g.victim(t, another, w)
			if err := victim.Cancel(); err != nil {
				t.Fatal(err)
			}
			close(g.open)
			if _, err := b.Clean(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			nothingLeft(t, b, w)
			if names := helperImages(t, b.Engine, strconv.Itoa(victim.Process.Pid)); len(names) > 0 {
				t.Errorf("left behind: %q", names)
			}
			if after := digest(t, b, looker); after != before {
				t.Error("the person's data changed")
			}
			now := leftovers(t, b.Engine, other.ID)
			for _, thing := range theirs {
				if !slices.Contains(now, thing) {
					t.Errorf("the living bulkhead lost its %s", thing)
				}
			}
		})
	}
	if err := alive.Cancel(); err != nil {
		t.Fatal(err)
	}
	close(living.open)
	if _, err := b.Clean(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, b, other)
}

// An engine that goes away in the middle of a trial ends it with one sentence;
// what it could not remove is said, and goes with the next Clean.
func TestEngineGoesAway(t *testing.T) {
	b := faultBench(t)
	w := faulty(t, b, serving, container.Config{}, container.HostConfig{})
	g := newGate(t, b, stage{"a copy is started", []string{"POST", "/start"}, 2})
	v := exec.Command(os.Args[0], "trial", w.ID, filepath.Join(t.TempDir(), "running"))
	v.Env = append(os.Environ(), "DOCKER_HOST=unix://"+g.listener.Addr().String())
	said, err := v.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		<-g.reached
		g.server.Close()
		close(g.open)
	}()
	text, err := io.ReadAll(said)
	if err != nil {
		t.Fatal(err)
	}
	var failed *exec.ExitError
	if err := v.Wait(); !errors.As(err, &failed) {
		t.Fatalf("the trial ended with %v", err)
	}
	t.Logf("it said %q", text)
	if strings.Count(string(text), "\n") != 1 || !strings.Contains(string(text), "The engine no longer answers.") {
		t.Errorf("it said %q", text)
	}
	if left := leftovers(t, b.Engine, w.ID); len(left) == 0 {
		t.Error("it left nothing; this test shows less than it should")
	}
	if _, err := b.Clean(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, b, w)
}

// A bulkhead that is killed while Compose creates containers for it takes
// Compose with it, and leaves what the next Clean finds.
func TestKilledWhileComposeCreates(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("whether a process lives is only known well enough on Linux")
	}
	b := faultBench(t)
	if _, found := clone.FindCompose(t.Context(), b.Environ); !found {
		t.Skip("no Compose is installed")
	}
	dir, temp := t.TempDir(), t.TempDir()
	file := filepath.Join(dir, "compose.yaml")
	put(t, file, "name: bulkhead-killed\nservices: {web: {image: '"+enginetest.BaseImage+"', command: sleep 600, depends_on: [db]}, db: {image: '"+enginetest.BaseImage+"', command: sleep 600}}\n")
	t.Setenv(fileToKill, file)
	g := newGate(t, b, stage{"Compose makes a container", []string{"POST", "/containers/create"}, 1})
	t.Setenv("TMPDIR", temp)
	victim := g.victim(t, os.Args[0], inspect.Workload{ID: "web"})
	if err := victim.Cancel(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) == 0 {
		t.Errorf("Compose ran in none of %v (%v); this test shows less than it should", left, err)
	}
	close(g.open)
	if _, err := b.Clean(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
	list, err := b.Engine.API.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: client.Filters{}.Add("label", clone.LabelSession)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Items {
		if strings.HasPrefix(c.Image, enginetest.BaseImage) && c.Labels["com.docker.compose.service"] != "" {
			t.Errorf("left behind: %v", c.Names)
		}
	}
}
