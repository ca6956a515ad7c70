package record

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix/socketproxy"
)

// standIn is a socket that answers for the engine, and keeps what reached it.
type standIn struct {
	mu      sync.Mutex
	reached []string
	// released ends /events.
	released chan struct{}
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	line := fmt.Sprintf("%s %s", r.Method, r.RequestURI)
	if len(body) > 0 {
		line += fmt.Sprintf(" %d bytes", len(body))
	}
	if r.Header.Get("Upgrade") != "" {
		line += " upgrade"
	}
	s.reached = append(s.reached, line)
	s.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/events") {
		fmt.Fprintln(w, `{"first":true}`)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-s.released:
		}
		return
	}
	fmt.Fprintln(w, `{}`)
}

// running is a proxy between a client and a stand-in.
type running struct {
	engine  *standIn
	socket  string
	in      *io.PipeWriter
	reports *json.Decoder
	served  chan error
}

func start(t *testing.T, p socketproxy.Policy) *running {
	t.Helper()
	dir, err := os.MkdirTemp("", "bhrec") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	r := &running{engine: &standIn{released: make(chan struct{})}, socket: filepath.Join(dir, "o"), served: make(chan error, 1)}
	listener, err := net.Listen("unix", filepath.Join(dir, "e"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: r.engine}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	in, inWriter := io.Pipe()
	outReader, out := io.Pipe()
	r.in, r.reports = inWriter, json.NewDecoder(outReader)
	go func() {
		err := Serve(context.Background(), in, out, Options{Engine: filepath.Join(dir, "e"), Offer: r.socket, Policy: p})
		out.Close()
		r.served <- err
	}()
	r.report(t)
	return r
}

func (r *running) report(t *testing.T) socketproxy.Recording {
	t.Helper()
	var report Report
	if err := r.reports.Decode(&report); err != nil || report.Error != "" {
		t.Fatalf("report: %v %s", err, report.Error)
	}
	return report.Recording
}

// send sends raw text and returns the answer's status and message.
func (r *running) send(t *testing.T, raw string) (int, string) {
	t.Helper()
	conn, err := net.Dial("unix", r.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(raw, " ")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("answer to %q: %v", raw, err)
	}
	defer response.Body.Close()
	var answer struct{ Message string }
	_ = json.NewDecoder(response.Body).Decode(&answer)
	return response.StatusCode, answer.Message
}

func request(method, target string, further ...string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + strings.Join(further, "")
}

func TestOnlyReadsReachTheEngine(t *testing.T) {
	r := start(t, socketproxy.Policy{})
	for _, c := range []struct {
		raw  string
		code int
	}{
		{request("GET", "/v1.41/containers/json?filters=%7B%22secretMarker%22%7D", "\r\n"), 200},
		{request("HEAD", "/_ping", "\r\n"), 200},
		{request("GET", "/%63ontainers/web/json", "\r\n"), 200},
		{request("GET", "/info", "Content-Length: 12\r\n\r\nsecretMarker"), 200},
		{request("GET", "/version", "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"), 200},
		{request("POST", "/v1.41/containers/create", "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"), 403},
		{request("POST", "/containers/secretMarker/restart", "Content-Length: 0\r\n\r\n"), 403},
		{request("GET", "/containers/web/archive?path=/etc", "\r\n"), 403},
		{request("GET", "/containers/web/attach/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), 403},
		{request("POST", "/session", "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"), 403},
		{request("GET", "/containers/../info", "\r\n"), 403},
		{request("GET", "//info", "\r\n"), 403},
		{request("GET", "/secretMarker", "\r\n"), 403},
		{request("SECRETMARKER", "/info", "\r\n"), 403},
	} {
		code, message := r.send(t, c.raw)
		if code != c.code || c.code == 403 && !strings.Contains(message, "bulkhead refused and recorded") {
			t.Errorf("%q: %d %q, want %d", c.raw, code, message, c.code)
		}
		if strings.Contains(message, "secretMarker") {
			t.Errorf("%q is told back: %q", c.raw, message)
		}
	}
	want := []string{
		"GET /v1.41/containers/json?filters=%7B%22secretMarker%22%7D", "HEAD /_ping", "GET /containers/web/json", "GET /info", "GET /version",
	}
	if diff := cmp.Diff(want, r.engine.reached); diff != "" {
		t.Errorf("reached the engine (-want +got):\n%s", diff)
	}
	if _, err := io.WriteString(r.in, "\n"); err != nil {
		t.Fatal(err)
	}
	recording := r.report(t)
	r.in.Close()
	if diff := cmp.Diff(recording, r.report(t)); diff != "" {
		t.Errorf("the last report is another:\n%s", diff)
	}
	if err := <-r.served; err != nil {
		t.Errorf("it ended with %v", err)
	}
	var got []string
	for _, c := range recording.Calls {
		got = append(got, fmt.Sprintf("%s %d/%d", c, c.Refused, c.Count))
	}
	wantCalls := []string{
		"GET (not a clean path) 2/2", "GET (unknown) 1/1", "OTHER (unknown) 1/1", "HEAD /_ping 0/1", "POST /containers/create 1/1",
		"GET /containers/json 0/1", "GET /containers/{id}/archive 1/1", "GET /containers/{id}/attach/ws 1/1", "GET /containers/{id}/json 0/1",
		"POST /containers/{id}/restart 1/1", "GET /info 0/1", "POST /session 1/1", "GET /version 0/1",
	}
	if diff := cmp.Diff(wantCalls, got); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
	kept, _ := json.Marshal(recording)
	if strings.Contains(string(kept), "secretMarker") {
		t.Errorf("kept: %s", kept)
	}
}

func TestWhatWasConfirmedIsLetThroughWithABoundedBody(t *testing.T) {
	policy, err := socketproxy.NewPolicy([]string{"POST /networks/create"})
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, policy)
	defer r.in.Close()
	if code, message := r.send(t, request("POST", "/v1.41/networks/create", "Content-Length: 2\r\n\r\n{}")); code != 200 {
		t.Errorf("it is answered with %d %q", code, message)
	}
	if code, _ := r.send(t, request("POST", "/networks/prune", "Content-Length: 0\r\n\r\n")); code != 403 {
		t.Errorf("another one is answered with %d", code)
	}
	body := strings.Repeat("x", mostBody+1)
	if code, _ := r.send(t, request("POST", "/networks/create", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))); code == 200 {
		t.Error("a body without bounds is passed on")
	}
	if diff := cmp.Diff("POST /v1.41/networks/create 2 bytes", r.engine.reached[0]); diff != "" {
		t.Errorf("reached the engine (-want +got):\n%s", diff)
	}
}

func TestStreamsFlowAndEndWithTheProxy(t *testing.T) {
	r := start(t, socketproxy.Policy{})
	conn, err := net.Dial("unix", r.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request("GET", "/events", "\r\n")); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(response.Body)
	if !lines.Scan() || lines.Text() != `{"first":true}` {
		t.Fatalf("the first event is %q, %v", lines.Text(), lines.Err())
	}
	r.in.Close()
	for lines.Scan() {
		t.Errorf("after the end came %q", lines.Text())
	}
	r.report(t)
	if err := <-r.served; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("unix", r.socket); err == nil {
		t.Error("the socket is still offered")
	}
}

// More connections than there are slots wait; none is lost, and the end comes
// all the same.
func TestConnectionsAreBounded(t *testing.T) {
	r := start(t, socketproxy.Policy{})
	var streams []net.Conn
	for range mostConnections {
		conn, err := net.Dial("unix", r.socket)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, request("GET", "/events", "\r\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
			t.Fatal(err)
		}
		streams = append(streams, conn)
	}
	answered := make(chan int, 1)
	go func() {
		code, _ := r.send(t, request("GET", "/info", "\r\n"))
		answered <- code
	}()
	streams[0].Close()
	if code := <-answered; code != 200 {
		t.Errorf("the one that waited is answered with %d", code)
	}
	r.in.Close()
	r.report(t)
	if err := <-r.served; err != nil {
		t.Error(err)
	}
}
