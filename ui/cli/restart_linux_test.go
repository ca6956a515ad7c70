package cli

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
)

// An engine that ends in the middle of a trial ends it with a sentence and exit
// code 3. When the engine is back, what was left is removed, by clean or by the
// next start, and nothing else is.
func TestEngineRestartsInTheMiddle(t *testing.T) {
	for _, tt := range []struct {
		name   string
		args   []string
		signal syscall.Signal
		// works is how many baselines have worked by then.
		works int
		// sweep is the command after which nothing is left.
		sweep []string
		// again says that it tries the service to the end.
		again bool
	}{
		// Its copies run on meanwhile.
		{name: "killed in a baseline", args: []string{"--live-restore"}, signal: syscall.SIGKILL, sweep: []string{"clean"}},
		{name: "stopped in a trial", signal: syscall.SIGTERM, works: 2, sweep: []string{"trial", "service", "--resume"}, again: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := enginetest.StartDaemon(t, tt.args...)
			e := d.Connect()
			d.Load(enginetest.Connect(t), e, enginetest.BaseImage)
			theirs(t, e)
			environ := append(os.Environ(), "DOCKER_HOST="+d.Address(), "XDG_STATE_HOME="+t.TempDir())

			before := everything(t, e)
			said, code := untilCut(t, environ, tt.works, func() { d.End(tt.signal) })
			if code != exitCannotLook || strings.Count(said, "The engine no longer answers.") != 1 || !strings.Contains(said, "bulkhead clean") {
				t.Errorf("exit code %d, it said %q", code, said)
			}
			d.Start()
			left := everything(t, e)
			if cmp.Equal(before, left) {
				t.Error("it left nothing; this test shows less than it should")
			}
			sweep := exec.Command("bulkhead", tt.sweep...)
			sweep.Env = environ
			out, err := sweep.CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
			if again := strings.Contains(string(out), "proved"); again != tt.again {
				t.Errorf("it said %s", out)
			}
			if diff := cmp.Diff(before, everything(t, e)); diff != "" {
				t.Errorf("what is on the engine, - before, + after: %s", diff)
			}
		})
	}
}

// theirs makes what is the person's on an engine of its own: the service, one
// that runs, and what they use.
func theirs(t *testing.T, e *engine.Engine) {
	t.Helper()
	ctx := t.Context()
	if _, err := e.API.NetworkCreate(ctx, "theirs", client.NetworkCreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.API.VolumeCreate(ctx, client.VolumeCreateOptions{Name: "theirs"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"service", "beside"} {
		_, err := e.API.ContainerCreate(ctx, client.ContainerCreateOptions{
			Name: name,
			Config: &container.Config{Image: enginetest.BaseImage, Cmd: []string{"sh", "-c", "echo it runs; trap 'exit 0' TERM; sleep 600 & wait"},
				Healthcheck: &container.HealthConfig{Test: []string{"CMD", "true"}}},
			HostConfig: &container.HostConfig{
				NetworkMode: "theirs", RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyAlways},
				Mounts: []mount.Mount{{Type: mount.TypeVolume, Source: "theirs", Target: "/data"}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.API.ContainerStart(ctx, "beside", client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
}

// everything is what an engine has, by name, but for what every engine has.
func everything(t *testing.T, e *engine.Engine) []string {
	t.Helper()
	ctx := t.Context()
	var all []string
	containers, err := e.API.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range containers.Items {
		all = append(all, "container "+strings.Join(c.Names, " ")+" "+string(c.State))
	}
	volumes, err := e.API.VolumeList(ctx, client.VolumeListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range volumes.Items {
		all = append(all, "volume "+v.Name)
	}
	networks, err := e.API.NetworkList(ctx, client.NetworkListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range networks.Items {
		all = append(all, "network "+n.Name)
	}
	images, err := e.API.ImageList(ctx, client.ImageListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range images.Items {
		all = append(all, "image "+strings.Join(i.RepoTags, " "))
	}
	slices.Sort(all)
	return all
}

// untilCut starts a trial of the service and cuts it off when a copy runs after
// so many baselines have worked. It returns what it said, and its exit code.
func untilCut(t *testing.T, environ []string, works int, cut func()) (said string, code int) {
	t.Helper()
	cmd := exec.Command("bulkhead", "trial", "service", "--logs")
	cmd.Env = environ
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), " works ") {
			works--
		}
		if works <= 0 && strings.Contains(lines.Text(), "| it runs") {
			break
		}
	}
	cut()
	rest, err := io.ReadAll(stderr)
	if err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // its exit code is looked at
	t.Logf("it said %s%s", text.String(), rest)
	return text.String() + string(rest), cmd.ProcessState.ExitCode()
}
