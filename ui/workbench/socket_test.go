package workbench

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	mobynetwork "github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"bulkhead/fix/clone"
	"bulkhead/fix/socketproxy"
	"bulkhead/fix/socketproxy/record"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/engine/enginetest"
)

// recordCalls is the recording proxy, with the flags that copies give it:
// --engine PATH --offer PATH [--let-through CALL].
func recordCalls(args []string) int {
	var letThrough []string
	for i := 5; i < len(args); i += 2 {
		letThrough = append(letThrough, args[i])
	}
	policy, err := socketproxy.NewPolicy(letThrough)
	if err == nil {
		err = record.Serve(context.Background(), os.Stdin, os.Stdout, record.Options{Engine: args[1], Offer: args[3], Policy: policy})
	}
	if err != nil {
		return 1
	}
	return 0
}

// engineSocket is the engine's socket on this machine, or the test is skipped.
func engineSocket(t *testing.T, b *Bench) string {
	t.Helper()
	socket, ok := strings.CutPrefix(b.Engine.Host.Endpoint, "unix://")
	if !ok || filepath.Base(socket) != "docker.sock" {
		t.Skip("the engine is not reached by a docker.sock of this machine")
	}
	return socket
}

// startedAt is when the container was started last.
func startedAt(t *testing.T, b *Bench, id string) string {
	t.Helper()
	found, err := b.Engine.API.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return found.Container.State.StartedAt
}

// socketClient is a container of the test client that is never started: only
// its copies are.
func socketClient(t *testing.T, b *Bench, victim string, env []string, host container.HostConfig, user ...string) inspect.Workload {
	t.Helper()
	id := enginetest.Create(t, b.Engine, client.ContainerCreateOptions{
		Config: &container.Config{
			Image: enginetest.Image(t, b.Engine, "socket-client"),
			Env:   append([]string{"BULKHEAD_TEST_VICTIM=" + victim, "SOME_PASSWORD=hunter2Marker"}, env...),
			User:  strings.Join(user, ""),
		},
		HostConfig: &host,
	}, false)
	w, err := b.Engine.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func recordedLines(r socketproxy.Recording) []string {
	var out []string
	for _, c := range r.Calls {
		kind := "passed"
		if c.Refused == c.Count {
			kind = "refused"
		} else if c.Refused > 0 {
			kind = "both"
		}
		out = append(out, c.String()+" "+kind)
	}
	slices.Sort(out)
	return out
}

// The copy of a client of the engine reads through the recording proxy, and
// what it wants changed is refused, recorded, and not done.
func TestSocketCallsAreLearnedOnACopy(t *testing.T) {
	b := bench(t)
	b.Trials.Patience = time.Minute
	socket := engineSocket(t, b)
	victim := start(t, b, "socket-client", container.Config{Entrypoint: []string{"sleep", "3600"}}, container.HostConfig{})
	before := startedAt(t, b, victim.ID)
	w := socketClient(t, b, victim.ID, nil, container.HostConfig{Binds: []string{socket + ":/var/run/docker.sock:ro"}})

	learned, err := b.ObserveSocket(t.Context(), w, ObserveOptions{Length: 500 * time.Millisecond}, socketproxy.Policy{}, func(trial.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if len(learned.Unwell) > 0 {
		t.Errorf("the copy did not work: %q", learned.Unwell)
	}
	want := []string{
		"GET /containers/json passed", "GET /containers/{id}/json passed", "GET /events passed", "GET /version passed", "HEAD /_ping passed",
		"POST /containers/create refused", "POST /containers/{id}/restart refused",
	}
	if diff := cmp.Diff(want, recordedLines(learned.Run)); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
	for _, c := range learned.Run.Calls {
		if c.Count != 2 { // the copy is started twice
			t.Errorf("%s was made %d times, want 2", c, c.Count)
		}
	}
	if after := startedAt(t, b, victim.ID); after != before {
		t.Errorf("the victim was restarted, at %s", after)
	}
	if _, err := b.Engine.API.ContainerInspect(t.Context(), "never-there", client.ContainerInspectOptions{}); err == nil {
		t.Error("the container that the copy wanted to create is there")
	}
	if left := leftovers(t, b.Engine, w.ID); len(left) > 0 {
		t.Errorf("left on the engine: %v", left)
	}

	// A second run is put together with the first.
	again, err := b.ObserveSocket(t.Context(), w, ObserveOptions{}, socketproxy.Policy{LetThrough: []string{"POST /containers/{id}/restart"}}, func(trial.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if again.Runs != 2 || len(again.All.Calls) != len(want) {
		t.Errorf("%d runs with %v", again.Runs, again.All.Calls)
	}
	if after := startedAt(t, b, victim.ID); after == before {
		t.Error("the restart that was let through was not carried out")
	}
	holdWritten(t, b, w, learned.Run)
}

// holdWritten writes the proxy for the recorded calls, and holds its rules
// against what was recorded and everything else.
func holdWritten(t *testing.T, b *Bench, w inspect.Workload, r socketproxy.Recording) {
	t.Helper()
	d, err := b.DraftSocketProxy(t.Context(), w, SocketOptions{Dialect: socketproxy.Wollomatic})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"docker network create --internal", "-allowfrom=" + w.Container, "DOCKER_HOST=tcp://" + w.Container + "-socket-proxy:2375", "docker create"} {
		if !strings.Contains(d.Command, part) {
			t.Errorf("the commands hold no %q:\n%s", part, d.Command)
		}
	}
	if strings.Contains(d.Command, "hunter2Marker") || strings.Count(d.Command, "docker.sock") != 2 {
		t.Errorf("the commands say\n%s", d.Command)
	}
	calls, _, err := SocketOptions{}.choose(r.Calls)
	if err != nil {
		t.Fatal(err)
	}
	allows := socketproxy.Write(socketproxy.Wollomatic, calls, socketproxy.Site{Name: "p", Client: "c"}).Rules()
	for _, e := range socketproxy.Endpoints() {
		at := strings.NewReplacer("{id}", w.ID, "{any}", "x", "{checkpoint}", "x").Replace(e.Path)
		seen := slices.ContainsFunc(r.Calls, func(c socketproxy.Call) bool { return c.String() == e.String() }) && e.Grade != socketproxy.Root
		if got := allows(e.Method, "/v1.41"+at); got != seen {
			t.Errorf("%s is let through: %v, seen %v", e, got, seen)
		}
	}
}

func TestNoSocketIsSaid(t *testing.T) {
	b := bench(t)
	for name, c := range map[string]struct {
		env   []string
		binds []string
		want  string
	}{
		"nothing":        {binds: []string{t.TempDir() + ":/data"}, want: "mounts no socket of the engine"},
		"the whole host": {binds: []string{"/:/host:ro"}, want: "mounts / of the host on /host: the engine's socket is somewhere in it"},
		"another machine": {env: []string{"DOCKER_HOST=tcp://user:hunter2Marker@build.example:2376/x"},
			want: "reaches one at tcp://build.example:2376, and no container that can be copied with it answers there"},
	} {
		t.Run(name, func(t *testing.T) {
			w := socketClient(t, b, "none", c.env, container.HostConfig{Binds: c.binds})
			_, err := b.ObserveSocket(t.Context(), w, ObserveOptions{}, socketproxy.Policy{}, func(trial.Event) {})
			var none *clone.NoSocketError
			if !errors.As(err, &none) || none.Hint() == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2Marker") {
				t.Errorf("error is %v", err)
			}
			if left := leftovers(t, b.Engine, w.ID); len(left) > 0 {
				t.Errorf("left on the engine: %v", left)
			}
		})
	}
}

// The directory that holds the socket is as good as the socket itself; in the
// copy it holds nothing else.
func TestSocketInItsDirectory(t *testing.T) {
	b := bench(t)
	b.Trials.Patience = time.Minute
	directory := filepath.Dir(engineSocket(t, b))
	if at, within := (inspect.Mount{Type: inspect.BindMount, Source: directory}).DockerSocket(); at == "" || !within {
		t.Skipf("%s is not where engines keep their sockets", directory)
	}
	w := socketClient(t, b, "none", nil, container.HostConfig{Binds: []string{directory + ":/var/run"}})
	learned, err := b.ObserveSocket(t.Context(), w, ObserveOptions{}, socketproxy.Policy{}, func(trial.Event) {})
	if err != nil || len(learned.Run.Calls) < 6 {
		t.Errorf("recorded %v, error %v", recordedLines(learned.Run), err)
	}
	if notes := strings.Join(learned.Notes, "\n"); !strings.Contains(notes, "nothing else of what the original has there") {
		t.Errorf("notes are\n%s", notes)
	}
}

// A copy may use the socket only as the original may: one that has dropped root
// and is in no group of the socket's is refused.
func TestSocketKeepsItsOwner(t *testing.T) {
	b := bench(t)
	b.Trials.Patience = time.Minute
	socket := engineSocket(t, b)
	info, err := os.Stat(socket)
	if err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Skipf("%s can be used by everyone, or not be looked at: %v", socket, err)
	}
	group := strconv.Itoa(groupOf(socket))
	for name, c := range map[string]struct {
		groups []string
		calls  bool
	}{"a stranger": {nil, false}, "in its group": {[]string{group}, true}} {
		t.Run(name, func(t *testing.T) {
			w := socketClient(t, b, "none", nil, container.HostConfig{Binds: []string{socket + ":/var/run/docker.sock"}, GroupAdd: c.groups}, "65534:65534")
			learned, err := b.ObserveSocket(t.Context(), w, ObserveOptions{}, socketproxy.Policy{}, func(trial.Event) {})
			if err != nil || (len(learned.Run.Calls) > 0) != c.calls {
				t.Errorf("recorded %v, error %v", recordedLines(learned.Run), err)
			}
			if notes := strings.Join(learned.Notes, "\n"); !strings.Contains(notes, "(0:"+group+", 0660)") {
				t.Errorf("notes are\n%s", notes)
			}
		})
	}
}

// What a service asks of the engine through a proxy in another container is
// recorded behind that.
func TestSocketBehindAProxyOfItsOwn(t *testing.T) {
	b := bench(t)
	b.Trials.Patience = time.Minute
	socket := engineSocket(t, b)
	network := "bulkhead-test-" + strings.ToLower(rand.Text())
	if _, err := b.Engine.API.NetworkCreate(t.Context(), network, client.NetworkCreateOptions{Internal: true, Labels: enginetest.Labels(t)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = b.Engine.API.NetworkRemove(context.Background(), network, client.NetworkRemoveOptions{})
	})
	proxy := enginetest.Create(t, b.Engine, client.ContainerCreateOptions{
		Config: &container.Config{
			Image: enginetest.Image(t, b.Engine, "socket-client"), Entrypoint: []string{"perl", "-e", relay},
		},
		HostConfig:       &container.HostConfig{Binds: []string{socket + ":/var/run/docker.sock"}, NetworkMode: container.NetworkMode(network)},
		NetworkingConfig: &mobynetwork.NetworkingConfig{EndpointsConfig: map[string]*mobynetwork.EndpointSettings{network: {Aliases: []string{"relay"}}}},
	}, true)
	w := socketClient(t, b, "none", []string{"DOCKER_HOST=tcp://relay:2375"}, container.HostConfig{NetworkMode: container.NetworkMode(network)})
	learned, err := b.ObserveSocket(t.Context(), w, ObserveOptions{}, socketproxy.Policy{}, func(trial.Event) {})
	if err != nil || len(learned.Run.Calls) < 6 {
		t.Errorf("recorded %v, error %v; notes %q", recordedLines(learned.Run), err, learned.Notes)
	}
	if notes := strings.Join(learned.Notes, "\n"); !strings.Contains(notes, "reaches the engine through") {
		t.Errorf("notes are\n%s", notes)
	}
	// Its proxy is another's to write; what that needs is said in both dialects.
	for dialect, row := range map[socketproxy.Dialect]string{socketproxy.Wollomatic: "  - '-allowGET=", socketproxy.Tecnativa: "  CONTAINERS: \"1\""} {
		d, err := b.DraftSocketProxy(t.Context(), w, SocketOptions{Dialect: dialect})
		if err != nil || !strings.Contains(d.Command, row) || strings.Contains(d.Command, "allowfrom") || d.Path != "" || len(d.Beside) > 0 {
			t.Errorf("%s: error %v, draft %+v", dialect, err, d)
		}
	}
	for _, id := range []string{proxy, w.ID} {
		if left := leftovers(t, b.Engine, id); len(left) > 0 {
			t.Errorf("left on the engine: %v", left)
		}
	}
}

// relay passes on what comes to port 2375 to the engine's socket.
const relay = `use IO::Socket::INET; use IO::Socket::UNIX; use IO::Select; $SIG{CHLD} = "IGNORE"; $SIG{TERM} = sub { exit 0 };
my $l = IO::Socket::INET->new(LocalPort => 2375, Listen => 9, ReuseAddr => 1) or die;
while (1) { my $c = $l->accept or next; next if fork; my $e = IO::Socket::UNIX->new(Peer => "/var/run/docker.sock") or exit;
	my $s = IO::Select->new($c, $e);
	while (my @r = $s->can_read) { for my $f (@r) { my $n = sysread $f, my $b, 65536 or exit; syswrite(($f == $c ? $e : $c), $b) } } }`
