package runcmd

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
)

// recorder is an engine that creates nothing: it keeps what it was asked to
// create and to connect, by the container's name.
type recorder struct {
	host string
	mu   sync.Mutex
	kept map[string]created
}

// created is a request to create a container: its query and its body.
type created struct {
	Platform string
	Body     map[string]any
}

// record starts an engine on a unix socket that speaks up to that API version.
func record(t *testing.T, api string) *recorder {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "engine.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{host: "unix://" + socket, kept: map[string]created{}}
	create := regexp.MustCompile(`^/v[0-9.]+/containers/create$`)
	connect := regexp.MustCompile(`^/v[0-9.]+/networks/(.+)/connect$`)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Api-Version", api)
		w.Header().Set("OSType", "linux")
		w.Header().Set("Content-Type", "application/json")
		switch {
		case q.URL.Path == "/_ping":
			io.WriteString(w, "OK")
		case create.MatchString(q.URL.Path):
			var body map[string]any
			if err := json.NewDecoder(q.Body).Decode(&body); err != nil {
				t.Errorf("the body is no JSON: %v", err)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.kept[q.URL.Query().Get("name")] = created{q.URL.Query().Get("platform"), body}
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, `{"Id":"`+containerID+`","Warnings":[]}`)
		case connect.MatchString(q.URL.Path):
			var body struct {
				Container      string
				EndpointConfig map[string]any
			}
			if err := json.NewDecoder(q.Body).Decode(&body); err != nil {
				t.Errorf("the body is no JSON: %v", err)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			networking := object(r.kept[body.Container].Body["NetworkingConfig"])
			endpoints := object(networking["EndpointsConfig"])
			endpoints[connect.FindStringSubmatch(q.URL.Path)[1]] = body.EndpointConfig
			networking["EndpointsConfig"] = endpoints
			r.kept[body.Container].Body["NetworkingConfig"] = networking
		default:
			w.WriteHeader(http.StatusNotImplemented)
			io.WriteString(w, `{"message":"a recorder does not do `+q.URL.Path+`"}`)
		}
	})}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // it ends by Close
	}()
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	return r
}

// take returns what was asked for under that name, and forgets it.
func (r *recorder) take(name string) (created, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.kept[name]
	delete(r.kept, name)
	return c, ok
}

// containerID is what the engine calls every container.
const containerID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
