package engine

import (
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
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
	case strings.HasPrefix(path, "/containers/"):
		f.inspect(w, strings.TrimSuffix(strings.TrimPrefix(path, "/containers/"), "/json"))
	default:
		http.NotFound(w, r)
	}
}

func (f *fakeEngine) summaries() []container.Summary {
	var out []container.Summary
	for _, c := range f.containers {
		out = append(out, container.Summary{ID: c.ID, Names: []string{c.Name}, Labels: c.Config.Labels})
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

// connectFake connects to a fake engine.
func connectFake(t *testing.T, f *fakeEngine) *Engine {
	t.Helper()
	e, err := Connect(t.Context(), Options{Host: serve(t, f), Getenv: env(t, nil)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}
