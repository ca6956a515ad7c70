package tui

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix/socketproxy"
	"bulkhead/ui/tui/tuitest"
	"bulkhead/ui/workbench"
)

// The calls of a workload that mounts the engine's socket are recorded, some
// let through, and a proxy for those that a person chose is written.
func TestFromCallsToAProxy(t *testing.T) {
	b := tuitest.New()
	s := recorded(t, b, 80, 24, nil, "p", "space", "enter")
	s.settle()
	if diff := cmp.Diff([]socketproxy.Policy{{}, {LetThrough: []string{"POST /containers/{id}/restart"}}}, b.Policies()); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
	s.press("w")
	s.press("x", "down", "space", "enter")                         // with what amounts to root
	s.press("x", "down", "space", "up", "space", "enter")          // without it and the ping
	s.press("x", "up", "space", "tab", "space", "enter", "w", "y") // coarse
	want := []workbench.SocketOptions{
		{Dialect: socketproxy.Wollomatic},
		{Dialect: socketproxy.Wollomatic, Root: true},
		{Dialect: socketproxy.Wollomatic, LeaveOut: []string{"HEAD /_ping"}},
		{Dialect: socketproxy.Tecnativa},
	}
	if diff := cmp.Diff(want, b.Proxies()); diff != "" {
		t.Errorf("proxies (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]workbench.Draft{tuitest.Proxied()}, b.Written()); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
}

// Only where a workload is set up to speak to an engine are its calls offered.
func TestCallsAreOfferedWhereThereAreAny(t *testing.T) {
	s := onWeb(t, 80, 24)
	s.press("enter", "o")
	for range 3 {
		if strings.Contains(s.plain(), "calls") {
			t.Errorf("the calls of a web server are offered:\n%s", s.plain())
		}
		s.press("right")
	}
}

// The files that a command names are written once that is confirmed, and never
// the command.
func TestFilesOfACommand(t *testing.T) {
	b := tuitest.New()
	s := commandWithFiles(t, b, 80, 24, nil, "w")
	if len(b.Written()) != 0 || !strings.Contains(s.plain(), "/srv/pg/pg-staging.seccomp.json") {
		t.Fatalf("written %v; the question is\n%s", b.Written(), s.plain())
	}
	s.press("y")
	if diff := cmp.Diff([]workbench.Draft{tuitest.WithProfile()}, b.Written()); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	if !strings.Contains(s.plain(), "seccomp=pg-staging.seccomp.json") {
		t.Errorf("the command is gone:\n%s", s.plain())
	}
	// A command that names no file has nothing to write.
	b = tuitest.New()
	b.Looked.Workloads = b.Looked.Workloads[4:5]
	s = loaded(t, b, 80, 24)
	s.press("enter", "t", "enter", "w", "w", "y")
	if len(b.Written()) != 0 {
		t.Errorf("written %v", b.Written())
	}
}
