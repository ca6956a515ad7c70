package engine

import (
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/api/types/system"
)

// fakeEngine answers as an engine does, as far as this package asks.
type fakeEngine struct {
	api        string // the version in the ping's header
	os         string
	info       system.Info
	containers []container.InspectResponse
	// broken are containers whose inspect fails with the status.
	broken map[string]int
	// forbidden are paths a filtering proxy refuses.
	forbidden []string
	// images are the images by ID; hanging are containers whose inspect never
	// answers.
	images  map[string]image.InspectResponse
	hanging map[string]bool
	// asked counts the requests by path.
	mu    sync.Mutex
	asked map[string]int

	services []swarm.Service
	tasks    []swarm.Task
	networks []network.Inspect
}

func newFake(containers ...container.InspectResponse) *fakeEngine {
	return &fakeEngine{
		api: "1.41", os: "linux", containers: containers,
		info: system.Info{OSType: "linux", Name: "fakehost", KernelVersion: "6.1", ServerVersion: "20.10.24"},
	}
}

func (f *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if strings.HasPrefix(path, "/v1.") {
		path = path[strings.Index(path[1:], "/")+1:]
	}
	f.mu.Lock()
	if f.asked == nil {
		f.asked = map[string]int{}
	}
	f.asked[path]++
	f.mu.Unlock()
	for _, forbidden := range f.forbidden {
		if path == forbidden {
			http.Error(w, "refused by the proxy", http.StatusForbidden)
			return
		}
	}
	switch {
	case path == "/_ping":
		w.Header().Set("Api-Version", f.api)
		w.Header().Set("Ostype", f.os)
	case path == "/version":
		reply(w, system.VersionResponse{Version: f.info.ServerVersion, APIVersion: f.api, Os: f.os})
	case path == "/info":
		reply(w, f.info)
	case path == "/containers/json":
		reply(w, f.summaries())
	case path == "/services":
		reply(w, f.services)
	case path == "/tasks":
		reply(w, f.tasks)
	case path == "/networks":
		reply(w, f.networks)
	case strings.HasPrefix(path, "/networks/"):
		for _, n := range f.networks {
			if "/networks/"+n.Name == path || "/networks/"+n.ID == path {
				reply(w, n)
				return
			}
		}
		http.Error(w, "no such network", http.StatusNotFound)
	case strings.HasPrefix(path, "/images/"):
		found, ok := f.images[strings.TrimSuffix(strings.TrimPrefix(path, "/images/"), "/json")]
		if !ok {
			http.Error(w, "no such image", http.StatusNotFound)
			return
		}
		reply(w, found)
	case strings.HasPrefix(path, "/containers/"):
		if id := strings.TrimSuffix(strings.TrimPrefix(path, "/containers/"), "/json"); f.hanging[id] {
			<-r.Context().Done()
			return
		}
		f.inspect(w, strings.TrimSuffix(strings.TrimPrefix(path, "/containers/"), "/json"))
	default:
		http.NotFound(w, r)
	}
}

func (f *fakeEngine) summaries() []container.Summary {
	var out []container.Summary
	for _, c := range f.containers {
		out = append(out, container.Summary{ID: c.ID, Names: []string{c.Name}, Image: c.Config.Image, Labels: c.Config.Labels})
	}
	return out
}

func (f *fakeEngine) inspect(w http.ResponseWriter, id string) {
	if status, broken := f.broken[id]; broken {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write([]byte(`{"message":"driver failed\u001b[2J"}`))
		return
	}
	for _, c := range f.containers {
		if c.ID == id {
			reply(w, c)
			return
		}
	}
	http.Error(w, "no such container", http.StatusNotFound)
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

// serve puts a handler behind a unix socket and returns its address.
func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "engine.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return "unix://" + path
}

// env makes a Getenv of pairs, with a home that holds nothing.
func env(t *testing.T, pairs map[string]string) func(string) string {
	t.Helper()
	vars := map[string]string{"HOME": t.TempDir()}
	maps.Copy(vars, pairs)
	return func(name string) string { return vars[name] }
}

// connectFake connects to a fake engine, on a machine that shows nothing.
func connectFake(t *testing.T, f *fakeEngine) *Engine {
	t.Helper()
	dir := t.TempDir()
	e, err := Connect(t.Context(), Options{
		Host: serve(t, f), Getenv: env(t, nil), Proc: dir, Etc: dir, Patience: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}
