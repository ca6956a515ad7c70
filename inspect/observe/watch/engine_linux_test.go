package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
	"bulkhead/inspect/agent"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/act"
	"bulkhead/inspect/observe/audit"
	"bulkhead/inspect/observe/bpf"
	"bulkhead/inspect/observe/wire"
)

// The first thread stays the one that executes: see the act gate.
func init() { runtime.LockOSThread() }

// TestMain lets this binary be the observer and what is observed.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 2 && os.Args[1] == Command[0] && os.Args[2] == Command[1]:
		if err := wire.Serve(context.Background(), os.Stdin, os.Stdout, bpf.Record); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	case len(os.Args) > 2 && os.Args[1] == LogCommand[0] && os.Args[2] == LogCommand[1]:
		if err := wire.Serve(context.Background(), os.Stdin, os.Stdout, audit.Listen()); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	case len(os.Args) > 1 && os.Args[1] == act.Word:
		os.Exit(act.Main(os.Args[2:], os.Stdin, os.Stderr))
	}
	os.Exit(m.Run())
}

// image brings this test binary into the engine.
func image(t testing.TB, e *engine.Engine) string {
	t.Helper()
	b, err := agent.Own()
	if err != nil {
		t.Fatal(err)
	}
	img := agent.HelperImage(b)
	img.Name = "bulkhead-observe-test:" + strings.ToLower(t.Name())
	img.Labels = enginetest.Labels(t)
	img.Files = []agent.File{{Path: "/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777}}
	if err := agent.Ensure(t.Context(), e.API, b, img); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := agent.Remove(context.Background(), e.API, enginetest.Label+"="+t.Name()); err != nil {
			t.Error(err)
		}
	})
	return img.Name
}

// observer starts a helper with these capabilities.
func observer(t testing.TB, e *engine.Engine, image string, caps ...string) *Observer {
	t.Helper()
	o, err := start(t.Context(), e.API, Options{Image: image, Labels: enginetest.Labels(t), Remap: e.Host.Remap}, helper{Command, caps, "none"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return o
}

// create makes a container that does the acts, each in a process of its own.
func create(t testing.TB, e *engine.Engine, image string, host *container.HostConfig, acts ...string) string {
	t.Helper()
	return enginetest.Create(t, e, client.ContainerCreateOptions{
		Config:     &container.Config{Image: image, Cmd: append([]string{act.Word}, acts...), WorkingDir: "/tmp"},
		HostConfig: host,
	}, false)
}

// runToEnd starts a container and waits until it has ended.
func runToEnd(t testing.TB, e *engine.Engine, id string) {
	t.Helper()
	ctx := t.Context()
	ended := e.API.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := e.API.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended.Result:
	case err := <-ended.Error:
		t.Fatal(err)
	}
}

// observed watches a container from before its start to its end.
func observed(t testing.TB, e *engine.Engine, o *Observer, id string) observe.Observation {
	t.Helper()
	w, err := o.Watch(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	runToEnd(t, e, id)
	return stop(t, w)
}

func stop(t testing.TB, w *Watch) observe.Observation {
	t.Helper()
	seen, err := w.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if seen.Lost.Any() {
		t.Errorf("lost: %s", seen.Lost)
	}
	return seen
}

func TestAContainerIsObserved(t *testing.T) {
	e := enginetest.Connect(t)
	img := image(t, e)
	o := observer(t, e, img, "SYS_ADMIN")
	low := &container.HostConfig{Sysctls: map[string]string{"net.ipv4.ip_unprivileged_port_start": "1024"}}
	acts := []string{"chown", "setgid", "create", "filtered", "unshare", "net_bind_service"}

	t.Run("what it did", func(t *testing.T) {
		seen := observed(t, e, o, create(t, e, img, low, append([]string{"each"}, acts...)...))
		p := observe.Predict(seen)
		if got := p.Caps().String(); got != "CHOWN NET_BIND_SERVICE SETGID" {
			t.Errorf("it is said to need %s: %+v", got, seen.Checks)
		}
		if len(p.Denied) > 0 || len(p.Doubts) > 0 {
			t.Errorf("denied %+v, doubts %v", p.Denied, p.Doubts)
		}
		x := observe.Execution{Path: agent.Path, Named: agent.Path, Phase: observe.Start, Count: uint64(len(acts) + 1)}
		if diff := cmp.Diff([]observe.Execution{x}, seen.Executions); diff != "" {
			t.Errorf("executions (-want +got):\n%s", diff)
		}
		f := observe.File{
			Path: "/tmp/create/new", Kind: "file", Access: []observe.Access{observe.Created, observe.Written}, Phases: []observe.Phase{observe.Start},
			Mount: "/", Owner: &observe.Owner{Mode: 0o644}, Directory: &observe.Owner{Mode: 0o755}, Writers: []uint32{0},
		}
		if !slices.ContainsFunc(seen.Files, func(g observe.File) bool { return cmp.Equal(f, g) }) {
			t.Errorf("%s is not among %+v", f.Path, seen.Files)
		}
		// The engine's default profile answers add_key itself.
		call := observe.Syscall{Name: "add_key", Phase: observe.Start, Count: 1, Denied: 1, Filtered: 1}
		if !slices.Contains(seen.Syscalls, call) {
			t.Errorf("%+v is not among the calls", call)
		}
		// What the profile refused has values as well.
		given, whole := seen.CallsWith("unshare")
		flags := observe.Arguments{Syscall: "unshare", Values: []observe.Argument{{Value: syscall.CLONE_FS}}, Count: 1}
		if diff := cmp.Diff([]observe.Arguments{flags}, given); diff != "" || !whole {
			t.Errorf("whole: %v, values (-want +got):\n%s", whole, diff)
		}
		confined := map[string]bool{}
		for _, s := range seen.Syscalls {
			confined[s.Name] = confined[s.Name] || s.Phase == observe.Confined
		}
		if !confined["execve"] || !confined["capset"] || confined["pivot_root"] {
			t.Errorf("the runtime under the profile: %v", confined)
		}
	})

	t.Run("what it was denied", func(t *testing.T) {
		low.CapDrop = []string{"ALL"}
		seen := observed(t, e, o, create(t, e, img, low, "each", "setgid", "net_bind_service"))
		want := []string{"NET_BIND_SERVICE denied: bulkhead called bind as user 0.", "SETGID denied: bulkhead called setgid(33) as user 0."}
		if diff := cmp.Diff(want, observe.Explain(seen)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("what its programs demand", func(t *testing.T) {
		seen := observed(t, e, o, create(t, e, img, nil, "fcap_x"))
		want := []observe.FileCap{{Path: "/tmp/fcap", Caps: inspect.ParseCaps([]string{"NET_RAW"}), Effective: true}}
		if diff := cmp.Diff(want, seen.FileCaps); diff != "" {
			t.Errorf("(-want +got):\n%s\nnot seen: %v", diff, seen.Unseen)
		}
	})

	t.Run("where its files lie, and what it uses", func(t *testing.T) {
		memory := int64(64 << 20)
		host := &container.HostConfig{
			Tmpfs: map[string]string{"/scratch": "mode=1777"}, Resources: container.Resources{Memory: memory},
			Mounts: []mount.Mount{{Type: mount.TypeVolume, Target: "/data"}},
		}
		id := create(t, e, img, host, "in:/scratch", "write", "in:/data", "write", "in:/tmp", "write", "in:/", "read:/etc/hosts", "threads", "usr1")
		w, err := o.Watch(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.API.ContainerStart(t.Context(), id, client.ContainerStartOptions{}); err != nil {
			t.Fatal(err)
		}
		letGo(t, e, id)
		seen := stop(t, w)
		want := map[string]observe.MountKind{
			"/scratch/f": observe.TmpfsMount, "/data/f": observe.VolumeMount, "/tmp/f": observe.RootMount, "/etc/hosts": observe.EngineMount,
		}
		got := map[string]observe.MountKind{}
		for _, f := range seen.Files {
			if _, ok := want[f.Path]; ok {
				m, _ := seen.MountAt(f.Mount)
				got[f.Path] = m.Kind
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("mounts (-want +got):\n%s\nof %+v", diff, seen.Mounts)
		}
		p := seen.Peaks
		if p.Memory == 0 || p.Memory > uint64(memory) || p.Processes < 11 || p.Processes > 100 || p.OpenFiles < 4 || p.OpenFiles > 100 {
			t.Errorf("peaks: %+v", p)
		}
	})

	t.Run("its restart", func(t *testing.T) {
		id := create(t, e, img, nil, "setgid")
		w, err := o.Watch(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		runToEnd(t, e, id)
		if err := w.Phase(t.Context(), observe.Restart); err != nil {
			t.Fatal(err)
		}
		runToEnd(t, e, id)
		var phases []observe.Phase
		for _, c := range stop(t, w).Checks {
			phases = append(phases, c.Phase)
		}
		if diff := cmp.Diff([]observe.Phase{observe.Start, observe.Restart}, phases); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("running already", func(t *testing.T) {
		id := create(t, e, img, nil, "mkdir", "usr1", "setgid", "symlink")
		if _, err := e.API.ContainerStart(t.Context(), id, client.ContainerStartOptions{}); err != nil {
			t.Fatal(err)
		}
		w, err := o.WatchRunning(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		letGo(t, e, id)
		seen := stop(t, w)
		var paths []string
		for _, f := range seen.Files {
			if strings.HasPrefix(f.Path, "/tmp/") && f.Path != "/tmp/d" && f.Path != "/tmp/d/e" {
				paths = append(paths, f.Path)
			}
		}
		if got := observe.Predict(seen).Caps().String(); got != "SETGID" || !slices.Equal(paths, []string{"/tmp/link"}) {
			t.Errorf("capabilities %s, files %v", got, paths)
		}
		if len(seen.Checks) > 0 && seen.Checks[0].Executable != agent.Path {
			t.Errorf("it executes %q", seen.Checks[0].Executable)
		}
	})
}

// letGo signals until the container has ended: it may not listen yet.
func letGo(t *testing.T, e *engine.Engine, id string) {
	t.Helper()
	for range 300 {
		found, err := e.API.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !found.Container.State.Running {
			return
		}
		// It may end in between.
		_, _ = e.API.ContainerKill(t.Context(), id, client.ContainerKillOptions{Signal: "SIGUSR1"})
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the container does not end")
}

// One helper watches several containers at a time, each by itself.
func TestSeveralAreWatchedAtATime(t *testing.T) {
	e := enginetest.Connect(t)
	img := image(t, e)
	o := observer(t, e, img, "SYS_ADMIN")
	acts := map[string]string{"chown": "CHOWN", "setgid": "SETGID", "setuid": "SETUID"}
	ids, watches := map[string]string{}, map[string]*Watch{}
	for name := range acts {
		ids[name] = create(t, e, img, nil, name)
		w, err := o.Watch(t.Context(), ids[name])
		if err != nil {
			t.Fatal(err)
		}
		watches[name] = w
	}
	for _, id := range ids {
		runToEnd(t, e, id)
	}
	for name, want := range acts {
		if got := observe.Predict(stop(t, watches[name])).Caps().String(); got != want {
			t.Errorf("the one that does %s is said to need %q", name, got)
		}
	}
}

// What a container begins with may gain privileges at once; whoever executed it is
// whom the runtime became, as which it was never watched.
func TestABeginningThatGainsPrivileges(t *testing.T) {
	e := enginetest.Connect(t)
	if !enginetest.HasImage(t, e, enginetest.BaseImage) {
		t.Skipf("%s is not in the engine", enginetest.BaseImage)
	}
	o := observer(t, e, image(t, e), "SYS_ADMIN")
	for program, becomes := range map[string]uint32{"/usr/bin/passwd": 0, "/usr/bin/id": 1000} {
		seen := observed(t, e, o, enginetest.Create(t, e, client.ContainerCreateOptions{
			Config: &container.Config{Image: enginetest.BaseImage, User: "1000:1000", Entrypoint: []string{program}},
		}, false))
		want := observe.Execution{Path: program, Named: program, UID: becomes, From: 1000, Phase: observe.Start, Count: 1}
		if diff := cmp.Diff([]observe.Execution{want}, seen.Executions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", program, diff)
		}
		if gains := observe.Predict(seen).Gains; (len(gains) > 0) != (becomes == 0) {
			t.Errorf("%s: gains %+v", program, gains)
		}
	}
}

// What lies on a mount has the path that the container knows, not the one it has
// on the filesystem that is mounted.
func TestPathsOnMountsAreTheContainers(t *testing.T) {
	e := enginetest.Connect(t)
	img := image(t, e)
	o := observer(t, e, img, "SYS_ADMIN")
	for name, host := range map[string]*container.HostConfig{
		"a bind mount": {Binds: []string{t.TempDir() + ":/srv/deep/data"}},
		"a volume":     {Mounts: []mount.Mount{{Type: mount.TypeVolume, Target: "/srv/deep/data"}}},
		"a tmpfs":      {Tmpfs: map[string]string{"/srv/deep/data": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			id := enginetest.Create(t, e, client.ContainerCreateOptions{
				Config:     &container.Config{Image: img, Cmd: []string{act.Word, "mkdir", "create"}, WorkingDir: "/srv/deep/data"},
				HostConfig: host,
			}, false)
			got := map[string]string{}
			for _, f := range observed(t, e, o, id).Files {
				if f.Path == "/srv/deep/data/new" || f.Path == "/srv/deep/data/d/e" {
					got[f.Path] = fmt.Sprint(f.Access, f.Cut)
				}
			}
			want := map[string]string{"/srv/deep/data/d/e": "[created] false", "/srv/deep/data/new": "[created written] false"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A watch may be left alone for longer than an answer may take.
func TestAWatchOutlivesTheTimeForAnAnswer(t *testing.T) {
	e := enginetest.Connect(t)
	o := observer(t, e, image(t, e), "SYS_ADMIN")
	w, err := o.Watch(t.Context(), nobody)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := w.Phase(short, observe.Start); err != nil {
		t.Fatal(err)
	}
	<-short.Done()
	time.Sleep(200 * time.Millisecond)
	if err := w.Phase(t.Context(), observe.Ready); err != nil {
		t.Error(err)
	}
}

// The helper has one capability, no network, and nothing that it could write.
func TestTheHelperIsHardened(t *testing.T) {
	e := enginetest.Connect(t)
	o, err := Start(t.Context(), e.API, Options{Image: image(t, e), Labels: enginetest.Labels(t)})
	if err != nil {
		t.Fatal(err)
	}
	found, err := e.API.ContainerInspect(t.Context(), o.id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h := found.Container.HostConfig
	if !h.ReadonlyRootfs || h.Privileged || h.NetworkMode != "none" || h.PidMode.IsHost() || len(h.Binds)+len(h.Mounts) > 0 ||
		!slices.Equal(h.CapDrop, []string{"ALL"}) || !slices.Equal(inspect.NormalizeCaps(h.CapAdd), []string{"SYS_ADMIN"}) ||
		!slices.Equal(h.SecurityOpt, []string{"no-new-privileges:true"}) {
		t.Errorf("%+v", h)
	}
	if err := o.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.API.ContainerInspect(t.Context(), o.id, client.ContainerInspectOptions{}); !cerrdefs.IsNotFound(err) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestWithoutThePrivilegeObservingIsRefused(t *testing.T) {
	e := enginetest.Connect(t)
	o := observer(t, e, image(t, e))
	_, err := o.Watch(t.Context(), strings.Repeat("0", 64))
	var refused *observe.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Hint(), "CAP_SYS_ADMIN") {
		t.Errorf("the error is %v", err)
	}
}
