package trace

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/agent"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/act"
	"bulkhead/inspect/observe/act/expect"
)

// lab is an engine with the tracer in it.
type lab struct {
	*engine.Engine
	image    string
	observer *Observer
}

// inImage is where the test's static program stands in its image.
const inImage = "/program.test"

func newLab(t testing.TB) lab {
	t.Helper()
	e := enginetest.Connect(t)
	b, err := agent.Own()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(built)
	if err != nil {
		t.Fatal(err)
	}
	img := agent.HelperImage(b)
	img.Entrypoint = []string{inImage}
	img.Name = "bulkhead-trace-test:" + strings.ToLower(t.Name())
	img.Labels = enginetest.Labels(t)
	img.Files = []agent.File{{Path: "/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777}, {Path: inImage, Mode: 0o755, Data: program}}
	if err := agent.Ensure(t.Context(), e.API, b, img); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := agent.Remove(context.Background(), e.API, enginetest.Label+"="+t.Name()); err != nil {
			t.Error(err)
		}
	})
	o, err := Start(t.Context(), e.API, Options{Image: img.Name, Labels: enginetest.Labels(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return lab{e, img.Name, o}
}

// copied makes a copy with these settings and watches it.
func (l lab) copied(t *testing.T, config container.Config, host container.HostConfig) (string, *Watch) {
	t.Helper()
	c, h, err := l.observer.Prepare(&config, &host)
	if err != nil {
		t.Fatal(err)
	}
	id := enginetest.Create(t, l.Engine, client.ContainerCreateOptions{Config: c, HostConfig: h}, false)
	w, err := l.observer.Watch(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return id, w
}

// start starts a copy; the channel tells its exit code.
func (l lab) start(t testing.TB, id string) <-chan int64 {
	t.Helper()
	waiting := l.API.ContainerWait(t.Context(), id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := l.API.ContainerStart(t.Context(), id, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	code := make(chan int64, 1)
	go func() {
		select {
		case end := <-waiting.Result:
			code <- end.StatusCode
		case <-waiting.Error:
			code <- -1
		}
	}()
	return code
}

func (l lab) log(t testing.TB, id string) string {
	t.Helper()
	logs, err := l.API.ContainerLogs(t.Context(), id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		t.Fatal(err)
	}
	defer logs.Close()
	var text bytes.Buffer
	if _, err := stdcopy.StdCopy(&text, &text, logs); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// awaitLog waits until the log has the text.
func (l lab) awaitLog(t *testing.T, id, text string) {
	t.Helper()
	for range 200 {
		if strings.Contains(l.log(t, id), text) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the log does not come to %q: %s", text, l.log(t, id))
}

func stop(t *testing.T, w *Watch) observe.Observation {
	t.Helper()
	o, err := w.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.Lost.Any() {
		t.Errorf("lost: %s", o.Lost)
	}
	return o
}

// shell are the settings of a container that runs a script.
func shell(script string) container.Config {
	return container.Config{Image: enginetest.BaseImage, Entrypoint: []string{"sh"}, Cmd: []string{"-c", script}}
}

// Every act shows in a container as it does outside of one.
func TestActsAreRecognisedInAContainer(t *testing.T) {
	l := newLab(t)
	expect.Acts(t, func(t *testing.T, acts ...string) (observe.Observation, string) {
		id, w := l.copied(t, container.Config{
			Image: l.image, Entrypoint: []string{inImage}, Cmd: append([]string{act.Word}, acts...), WorkingDir: "/tmp",
		}, container.HostConfig{Sysctls: map[string]string{"net.ipv4.ip_unprivileged_port_start": "1024"}})
		code := <-l.start(t, id)
		if code != 0 && !slices.ContainsFunc(acts, func(a string) bool { return strings.HasPrefix(a, "-") }) {
			t.Fatalf("it exited with %d: %s", code, l.log(t, id))
		}
		return stop(t, w), "/tmp"
	})
}

func TestAContainersLifeIsUnchanged(t *testing.T) {
	l := newLab(t)
	drop := container.HostConfig{CapDrop: []string{"ALL"}}
	limit := int64(4)
	for _, tt := range []struct {
		name   string
		config container.Config
		host   container.HostConfig
		code   int64
		log    string
	}{
		{"its exit code", shell("exit 42"), container.HostConfig{}, 42, ""},
		{"a program that is not there", container.Config{Image: enginetest.BaseImage, Cmd: []string{"/nowhere"}}, container.HostConfig{}, 127, "*"},
		{"a signal that kills", shell("sh -c 'kill -9 $$'; echo $?"), container.HostConfig{}, 0, "Killed\n137\n"},
		{"it is PID 1 without children", shell("echo $$; cat /proc/1/task/1/children; echo; wait; echo waited"), container.HostConfig{}, 0, "1\n*waited\n"},
		{"it reaps orphans", shell(`sh -c '(sleep 0.2; exit 3) & ' ; sleep 0.5; wait; ps_=$(cat /proc/[0-9]*/stat | grep -c ') Z'); echo zombies $ps_`), container.HostConfig{}, 0, "zombies 0\n"},
		{"its user", func() container.Config {
			c := shell("id -u; id -g; id -G; grep CapEff /proc/self/status; pwd; echo $X $HOME")
			c.User, c.WorkingDir, c.Env = "1000:1001", "/srv", []string{"X=y z"}
			return c
		}(), container.HostConfig{GroupAdd: []string{"7"}}, 0, "1000\n1001\n1001 7\nCapEff:\t0000000000000000\n/srv\ny z /\n"},
		{"no capabilities", shell("grep -E 'Cap(Prm|Bnd)' /proc/self/status"), drop, 0, "CapPrm:\t0000000000000000\nCapBnd:\t0000000000000000\n"},
		{"a read-only root", shell("touch /x 2>/dev/null || echo refused"), container.HostConfig{ReadonlyRootfs: true}, 0, "refused\n"},
		{"no new privileges", shell("grep NoNewPrivs /proc/self/status"), container.HostConfig{SecurityOpt: []string{"no-new-privileges:true"}}, 0, "NoNewPrivs:\t1\n"},
		{"few processes", shell("true; sh -c 'echo ran'"), container.HostConfig{Resources: container.Resources{PidsLimit: &limit}}, 0, "ran\n"},
		{"a stopped child", shell("sh -c 'kill -STOP $$; echo went on' & sleep 0.3; echo still; kill -CONT $!; wait $!"),
			container.HostConfig{}, 0, "still\nwent on\n"},
		{"under the engine's init", shell("echo $$ | grep -v '^1$' >/dev/null && echo child; exit 3"), container.HostConfig{Init: new(true)}, 3, "child\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id, w := l.copied(t, tt.config, tt.host)
			code := <-l.start(t, id)
			o := stop(t, w)
			log := l.log(t, id)
			before, after, any := strings.Cut(tt.log, "*")
			if code != tt.code || !any && log != tt.log || !strings.HasPrefix(log, before) || !strings.HasSuffix(log, after) {
				t.Errorf("it exited with %d and said %q, want %d and %q", code, log, tt.code, tt.log)
			}
			if o.Began != (tt.code != 127) {
				t.Errorf("began: %v", o.Began)
			}
		})
	}
}

// PID 1 gets the signal that stops it, and what it does then is seen.
func TestTheStopSignalArrives(t *testing.T) {
	l := newLab(t)
	for _, tt := range []struct {
		name, script string
		code         int64
	}{
		{"a handler", `trap 'echo bye > /tmp/bye; exit 7' TERM; echo up; while :; do sleep 0.1; done`, 7},
		{"none", `echo up; while :; do sleep 0.1; done`, 137},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id, w := l.copied(t, shell(tt.script), container.HostConfig{})
			ended := l.start(t, id)
			l.awaitLog(t, id, "up")
			if err := w.Phase(t.Context(), observe.Stop); err != nil {
				t.Fatal(err)
			}
			patience := 2
			if _, err := l.API.ContainerStop(t.Context(), id, client.ContainerStopOptions{Timeout: &patience}); err != nil {
				t.Fatal(err)
			}
			if code := <-ended; code != tt.code {
				t.Errorf("it exited with %d", code)
			}
			o := stop(t, w)
			bye := slices.ContainsFunc(o.Files, func(f observe.File) bool {
				return f.Path == "/tmp/bye" && slices.Equal(f.Phases, []observe.Phase{observe.Stop})
			})
			if handled := tt.code == 7; bye != handled {
				t.Errorf("the files: %+v", o.Files)
			}
		})
	}
}

// A program that gains privileges gains them while it is traced, or it is said
// that it could not.
func TestASetuidProgram(t *testing.T) {
	l := newLab(t)
	id, w := l.copied(t, shell("cp /usr/bin/id /tmp/id && chmod u+s /tmp/id && setpriv --reuid=1000 --regid=1000 --clear-groups sh -c '/tmp/id -u; cat /etc/hostname >/dev/null'"),
		container.HostConfig{})
	<-l.start(t, id)
	o := stop(t, w)
	without := slices.ContainsFunc(o.Unseen, func(g observe.Gap) bool { return g.Aspect == observe.Elevation })
	want := map[bool]string{false: "0\n", true: "1000\n"}[without]
	if log := l.log(t, id); log != want {
		t.Errorf("it said %q, and that it ran without privileges: %v", log, without)
	}
	// What another user does is seen either way.
	if !slices.ContainsFunc(o.Files, func(f observe.File) bool {
		return f.Path == "/etc/hostname" && slices.Equal(f.Access, []observe.Access{observe.Read})
	}) {
		t.Errorf("the files: %+v", o.Files)
	}
	if !slices.ContainsFunc(o.Executions, func(x observe.Execution) bool { return x.Path == "/tmp/id" && x.From == 1000 }) {
		t.Errorf("the executions: %+v", o.Executions)
	}
}

// Files say which mount they lie on, and whose they are as the container counts.
func TestWhereFilesLie(t *testing.T) {
	l := newLab(t)
	id, w := l.copied(t, shell("touch /scratch/f /srv/f; cat /etc/hosts"), container.HostConfig{Tmpfs: map[string]string{"/scratch": "mode=1777"}})
	<-l.start(t, id)
	o := stop(t, w)
	got := map[string]observe.Mount{}
	for _, f := range o.Files {
		got[f.Path], _ = o.MountAt(f.Mount)
	}
	for path, want := range map[string]observe.MountKind{"/scratch/f": observe.TmpfsMount, "/srv/f": observe.RootMount, "/etc/hosts": observe.EngineMount} {
		if got[path].Kind != want || got[path].Type == "" {
			t.Errorf("%s lies on %+v", path, got[path])
		}
	}
	if m, _ := o.MountAt("/scratch"); m.Type != "tmpfs" || !m.NoExec {
		t.Errorf("the tmpfs is %+v", m)
	}
}

func TestRestartsAreFollowed(t *testing.T) {
	l := newLab(t)
	id, w := l.copied(t, shell("test -e /tmp/again && mkdir /tmp/second; touch /tmp/again"), container.HostConfig{})
	<-l.start(t, id)
	if err := w.Phase(t.Context(), observe.Restart); err != nil {
		t.Fatal(err)
	}
	<-l.start(t, id)
	o := stop(t, w)
	i := slices.IndexFunc(o.Files, func(f observe.File) bool { return f.Path == "/tmp/second" })
	if i < 0 || !cmp.Equal(o.Files[i].Phases, []observe.Phase{observe.Restart}) || o.Runs != 1 {
		t.Errorf("file %d in %d runs: %+v", i, o.Runs, o.Files)
	}
}

// A container that is left alone goes on as it was.
func TestARunningContainerIsLetGo(t *testing.T) {
	l := newLab(t)
	id, w := l.copied(t, shell(`trap 'exit 5' TERM; echo up; while :; do sleep 0.1; done`), container.HostConfig{})
	ended := l.start(t, id)
	l.awaitLog(t, id, "up")
	if o := stop(t, w); !o.Began || len(o.Executions) == 0 {
		t.Errorf("began %v: %+v", o.Began, o.Executions)
	}
	if _, err := l.API.ContainerStop(t.Context(), id, client.ContainerStopOptions{}); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != 5 {
		t.Errorf("it exited with %d", code)
	}
}

func TestWhereNoOneMayTraceItIsRefused(t *testing.T) {
	l := newLab(t)
	profile := `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["ptrace"],"action":"SCMP_ACT_ERRNO"}]}`
	id, w := l.copied(t, shell("true"), container.HostConfig{SecurityOpt: []string{"seccomp=" + profile}})
	l.start(t, id)
	_, err := w.Stop(t.Context())
	var refused *observe.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Hint(), "seccomp") {
		t.Errorf("the error is %v", err)
	}
}

func TestPrepareNeedsAProgram(t *testing.T) {
	if _, _, err := (&Observer{}).Prepare(&container.Config{Image: "x", Entrypoint: []string{""}}, nil); err == nil {
		t.Error("there is nothing to trace")
	}
	if _, err := mark([]string{"/app"}); err == nil {
		t.Error("a container that is no copy was accepted")
	}
}

// A service that changes its user works while it is traced.
func TestAServiceIsObserved(t *testing.T) {
	l := newLab(t)
	image := enginetest.Image(t, l.Engine, "redis")
	found, err := l.API.ImageInspect(t.Context(), image)
	if err != nil {
		t.Fatal(err)
	}
	id, w := l.copied(t, container.Config{Image: image, Entrypoint: found.Config.Entrypoint, Cmd: found.Config.Cmd}, container.HostConfig{})
	ended := l.start(t, id)
	l.awaitLog(t, id, "Ready to accept connections")
	if _, err := l.API.ContainerStop(t.Context(), id, client.ContainerStopOptions{}); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != 0 {
		t.Errorf("it exited with %d: %s", code, l.log(t, id))
	}
	o := stop(t, w)
	if !slices.ContainsFunc(o.Sockets, func(s observe.Socket) bool { return s.Operation == "listen" && s.Port == 6379 && s.Family == "inet" }) {
		t.Errorf("the sockets: %+v", o.Sockets)
	}
}
