package service

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func quiet() (logger, *bytes.Buffer) {
	var text bytes.Buffer
	return logger{name: "test", out: &text, err: &text}, &text
}

func TestTableKeepsItsValues(t *testing.T) {
	file := filepath.Join(t.TempDir(), "store.db")
	first, err := openTable(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"SET b two words", "set a 1", "SET empty ", "SET a 2", "SAVE", "SET lost 1"} {
		if got := first.answer(line); got != "OK" && line != "SET empty " {
			t.Errorf("%s: %s", line, got)
		}
	}
	second, err := openTable(file)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "2", "b": "two words"}
	if diff := cmp.Diff(want, second.values); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("temporary files are left: %v, %v", entries, err)
	}
}

func TestTableSaysWhySavingFails(t *testing.T) {
	table := &table{file: filepath.Join(t.TempDir(), "missing", "store.db"), values: map[string]string{}}
	if got := table.answer("SAVE"); !strings.HasPrefix(got, "ERR ") || !strings.Contains(got, "no such file or directory") {
		t.Errorf("it answers %q", got)
	}
}

func TestConversation(t *testing.T) {
	data := &table{values: map[string]string{}}
	for name, test := range map[string]struct{ say, want string }{
		"some lines":    {"PING\r\nSET k v\nGET k\n", "PONG\nOK\nv\n"},
		"no line end":   {"PING", "PONG\n"},
		"nothing":       {"", ""},
		"an empty line": {"\n", "ERR unknown command; there are PING, SET key value, GET key, SAVE\n"},
		"too long":      {strings.Repeat("x", lineLimit+1), "ERR line too long\n"},
	} {
		ours, theirs := net.Pipe()
		log, _ := quiet()
		go converse(&halfClosing{theirs, strings.NewReader(test.say)}, data, log)
		got, err := io.ReadAll(ours)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, test.want)
		}
	}
}

// halfClosing is a connection whose client has said all it wants to say.
type halfClosing struct {
	net.Conn
	said io.Reader
}

func (h *halfClosing) Read(p []byte) (int, error) { return h.said.Read(p) }

func FuzzTable(f *testing.F) {
	f.Add("SET k v\nSET k  spaced \nGET k\nSAVE")
	f.Add("SET \xff \x00\rx\nSAVE")
	f.Fuzz(func(t *testing.T, script string) {
		file := filepath.Join(t.TempDir(), "store.db")
		first, err := openTable(file)
		if err != nil {
			t.Fatal(err)
		}
		log, _ := quiet()
		converse(struct {
			io.Reader
			io.Writer
			io.Closer
		}{strings.NewReader(script), io.Discard, io.NopCloser(nil)}, first, log)
		if err := first.save(); err != nil {
			t.Fatal(err)
		}
		second, err := openTable(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.values, second.values); diff != "" {
			t.Errorf("values change over a restart (-before +after):\n%s", diff)
		}
	})
}

func TestPingCheck(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		age  time.Duration
		want int
	}{"fresh": {time.Second, 0}, "just so": {pingFresh, 0}, "old": {pingFresh + 1, 1}} {
		file := filepath.Join(t.TempDir(), "state")
		if err := writeState(file, pinging{Target: "web", LastReply: now.Add(-test.age), Result: "no reply"}); err != nil {
			t.Fatal(err)
		}
		log, text := quiet()
		if got := pingCheck(file, now, log); got != test.want {
			t.Errorf("%s: exits %d, want %d; it says %s", name, got, test.want, text)
		}
	}
	log, _ := quiet()
	if got := pingCheck(filepath.Join(t.TempDir(), "none"), now, log); got != 1 {
		t.Errorf("without a state it exits %d, want 1", got)
	}
}

func TestEchoPackets(t *testing.T) {
	request := echoPacket(0x1234, 7)
	// The sum is worked out by hand: 0x0800 + 0x1234 + 0x0007, inverted.
	if diff := cmp.Diff([]byte{8, 0, 0xe5, 0xc4, 0x12, 0x34, 0, 7}, request); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	reply := bytes.Clone(request)
	reply[0], reply[2] = echoReply, 0xed
	if !isReply(reply, 0x1234, 7) {
		t.Error("the reply is not known")
	}
	for name, packet := range map[string][]byte{
		"request": request, "short": reply[:7], "broken": append(bytes.Clone(reply), 1),
	} {
		if isReply(packet, 0x1234, 7) {
			t.Errorf("%s: taken for the reply", name)
		}
	}
	if isReply(reply, 0x1234, 8) || isReply(reply, 0x1235, 7) {
		t.Error("another request's reply is taken")
	}
}

func TestWebHandler(t *testing.T) {
	cache := t.TempDir()
	log, text := quiet()
	handler := webHandler(log, cache, "the page")
	ask := func(method, path string) (int, string) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		return w.Code, w.Body.String()
	}
	for range 2 {
		if code, body := ask("GET", "/"); code != http.StatusOK || body != "the page" {
			t.Errorf("GET / gives %d %q", code, body)
		}
	}
	if have, err := os.ReadFile(filepath.Join(cache, "index.html")); err != nil || string(have) != "the page" {
		t.Errorf("the cache holds %q, %v", have, err)
	}
	if code, _ := ask("GET", "/../etc/passwd"); code == http.StatusOK {
		t.Errorf("a path that escapes gives %d", code)
	}
	if err := os.RemoveAll(cache); err != nil {
		t.Fatal(err)
	}
	if code, _ := ask("GET", "/"); code != http.StatusInternalServerError || !strings.Contains(text.String(), "no such file or directory") {
		t.Errorf("without its cache GET / gives %d and the log says %q", code, text)
	}
	if code, body := ask("GET", "/health"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("GET /health gives %d %q", code, body)
	}
}

func TestParsePowers(t *testing.T) {
	// Lines as proc_pid_status(5) shows them.
	got := parsePowers("Name:\tbulkhead\nUid:\t101\t101\t101\t101\nGid:\t101\t101\t101\t101\n" +
		"CapEff:\t0000000000000000\nCapBnd:\t00000000000000c1\nNoNewPrivs:\t1\nSeccomp:\t2\n")
	want := powers{uid: "101", gid: "101", effective: "none", bounding: "CHOWN SETGID SETUID", noNewPrivileges: true, seccomp: true}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := parsePowers("CapEff:\tnonsense\n"); got.effective != "unknown" || got.uid != "unknown" {
		t.Errorf("what cannot be read is %+v", got)
	}
	if page := webPage(powers{uid: "<script>"}); strings.Contains(page, "<script>") || strings.Contains(page, "%!") {
		t.Errorf("the page is not escaped:\n%s", page)
	}
}

func TestCountContainers(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "docker.sock")
	if _, err := countContainers(context.Background(), socket); err == nil || !strings.Contains(err.Error(), "is not there") {
		t.Errorf("without a socket: %v", err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	answer := `[{},{},{}]`
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.String() != "/containers/json?all=1" {
			t.Errorf("asked %s %s", r.Method, r.URL)
		}
		io.WriteString(w, answer)
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	if n, err := countContainers(context.Background(), socket); n != 3 || err != nil {
		t.Errorf("counted %d, %v; want 3", n, err)
	}
	answer = `nonsense`
	if _, err := countContainers(context.Background(), socket); err == nil {
		t.Error("nonsense is counted")
	}
}
