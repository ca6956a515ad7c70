package workbench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/fix/clone"
	"bulkhead/fix/health"
	"bulkhead/fix/health/probe"
	"bulkhead/fix/trial"
	"bulkhead/fix/trial/journal"
	"bulkhead/inspect"
	"bulkhead/inspect/agent"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
	"bulkhead/inspect/observe/bpf"
	"bulkhead/inspect/observe/wire"
)

// TestMain lets this very binary be the probe inside the engine, the exercise of
// a real service, and the bulkhead that is killed in the middle of a trial.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "agent" && os.Args[2] == "probe":
		if err := probe.Serve(context.Background(), os.Stdin, os.Stdout, "/proc"); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	case len(os.Args) == 3 && os.Args[1] == "agent" && os.Args[2] == "observe":
		if err := wire.Serve(context.Background(), os.Stdin, os.Stdout, bpf.Record); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	case len(os.Args) >= 7 && os.Args[1] == "agent" && os.Args[2] == "socket":
		os.Exit(recordCalls(os.Args[3:]))
	case len(os.Args) == 3 && os.Args[1] == "exercise":
		os.Exit(runExercise(os.Args[2]))
	case len(os.Args) == 4 && os.Args[1] == "trial":
		os.Exit(trialToKill(os.Args[2], os.Args[3]))
	}
	code := m.Run()
	if err := held.release(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// held keeps the helper's image in the engine from the first test that needs it
// to the last: to bring it in takes longer than some trials.
var held keptImage

// bench is a workbench over the real engine with a journal of its own.
func bench(t testing.TB) *Bench {
	t.Helper()
	return &Bench{
		Engine: enginetest.Connect(t), Journal: journal.At(t.TempDir()),
		Getenv: os.Getenv, Environ: os.Environ(), Now: time.Now,
		Trials: TrialOptions{Patience: 3 * time.Minute, Parallel: 2}, kept: &held,
	}
}

// start starts a container of a test image and returns its workload.
func start(t testing.TB, b *Bench, image string, config container.Config, host container.HostConfig) inspect.Workload {
	t.Helper()
	config.Image = enginetest.Image(t, b.Engine, image)
	id := enginetest.Create(t, b.Engine, client.ContainerCreateOptions{Config: &config, HostConfig: &host}, true)
	w, err := b.Engine.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// leftovers are what trials of the workload left on the engine.
func leftovers(t *testing.T, e *engine.Engine, id string) []string {
	t.Helper()
	ctx := context.Background()
	filter := client.Filters{}.Add("label", clone.LabelOf+"="+id)
	var left []string
	containers, err := e.API.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range containers.Items {
		left = append(left, "container "+c.Names[0])
	}
	volumes, err := e.API.VolumeList(ctx, client.VolumeListOptions{Filters: filter})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range volumes.Items {
		left = append(left, "volume "+v.Name)
	}
	networks, err := e.API.NetworkList(ctx, client.NetworkListOptions{Filters: filter})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range networks.Items {
		left = append(left, "network "+n.Name)
	}
	return left
}

// helperImages are the names of probe images that belong to the process.
func helperImages(t *testing.T, e *engine.Engine, pid string) []string {
	t.Helper()
	images, err := e.API.ImageList(context.Background(), client.ImageListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range images.Items {
		for _, tag := range i.RepoTags {
			if strings.HasPrefix(tag, "bulkhead-agent:") && strings.Contains(tag, "."+pid+".") {
				names = append(names, tag)
			}
		}
	}
	return names
}

func TestTrialWithAnExercise(t *testing.T) {
	b := bench(t)
	if !b.Engine.Host.Local {
		t.Skip("the exercise reaches the copy by its address, which needs an engine on this machine")
	}
	w := start(t, b, "nginx", container.Config{}, container.HostConfig{})
	said := filepath.Join(t.TempDir(), "said")
	b.Trials.Exercises = []health.Exercise{{
		Command: `test -n "$BULKHEAD_CONTAINER" && exec 3<>/dev/tcp/$BULKHEAD_ADDRESS/$BULKHEAD_PORT_80 && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && head -1 <&3 >>` + said,
		Timeout: time.Minute,
	}}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("the exercise is written for bash")
	}
	b.Trials.Exercises[0].Command = "bash -c " + quote(b.Trials.Exercises[0].Command)
	b.Trials.Keep = inspect.DefaultCaps // the exercise is what is tested here
	if _, err := b.Trial(t.Context(), w, func(trial.Event) {}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(said)
	if err != nil || !strings.Contains(string(data), "200 OK") {
		t.Errorf("the exercise heard %q, %v", data, err)
	}
	// The same where the engine is not on this machine: through a port that is
	// published on loopback.
	b.Engine.Host.Local = false
	if err := os.Truncate(said, 0); err != nil {
		t.Fatal(err)
	}
	r, err := b.Trial(t.Context(), w, func(trial.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	data, err = os.ReadFile(said)
	if err != nil || !strings.Contains(string(data), "200 OK") {
		t.Errorf("through loopback the exercise heard %q, %v", data, err)
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "published on loopback") }) {
		t.Errorf("notes %q", r.Notes)
	}
	b.Engine.Host.Local = true
	b.Trials.Exercises[0].Command = "echo it does not serve; exit 4"
	_, err = b.Trial(t.Context(), w, func(trial.Event) {})
	var failed *trial.BaselineError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "it does not serve") {
		t.Errorf("an exercise that fails in the baseline: %v", err)
	}
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func TestBaselineThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	b := bench(t)
	config := container.Config{Image: enginetest.BaseImage, Cmd: []string{"sh", "-c", "echo cannot reach the database as $DB_PASSWORD; exit 7"}, Env: []string{"DB_PASSWORD=hunter22"}}
	enginetest.Image(t, b.Engine, "nginx") // makes sure that the base image is there
	id := enginetest.Create(t, b.Engine, client.ContainerCreateOptions{Config: &config, HostConfig: &container.HostConfig{}}, true)
	w, err := b.Engine.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Trial(t.Context(), w, func(trial.Event) {})
	var failed *trial.BaselineError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "exit code 7") || failed.Hint() == "" {
		t.Fatalf("error %v", err)
	}
	if log := strings.Join(failed.Log, "\n"); !strings.Contains(log, "cannot reach the database as •••") {
		t.Errorf("log %q", log)
	}
	if left := leftovers(t, b.Engine, w.ID); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTrialStopsAndCleansUp(t *testing.T) {
	t.Parallel()
	b := bench(t)
	w := start(t, b, "redis", container.Config{}, container.HostConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var once sync.Once
	_, err := b.Trial(ctx, w, func(e trial.Event) {
		if e.Kind == trial.LogLine { // a copy runs now
			once.Do(cancel)
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if left := leftovers(t, b.Engine, w.ID); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// The person's volumes and bind mounts are the same before and after, although
// the service writes to all of them.
func TestTrialLeavesDataAlone(t *testing.T) {
	t.Parallel()
	b := bench(t)
	if !b.Engine.Host.Local {
		t.Skip("looks at bind-mounted files, which needs an engine on this machine")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "counter")
	if err := os.WriteFile(file, []byte("start\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	enginetest.Image(t, b.Engine, "nginx")
	config := container.Config{
		Image: enginetest.BaseImage, Healthcheck: &container.HealthConfig{Test: []string{"CMD", "test", "-s", "/srv/counter"}, Interval: time.Second},
		// Every copy writes at once, as the original did.
		Cmd: []string{"sh", "-c", "trap 'exit 0' TERM; echo x >>/srv/counter; sleep 600 & wait"},
	}
	id := enginetest.Create(t, b.Engine, client.ContainerCreateOptions{Config: &config, HostConfig: &container.HostConfig{
		Mounts: []mount.Mount{{Type: mount.TypeBind, Source: dir, Target: "/srv"}},
	}}, true)
	w, err := b.Engine.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	before := awaitContent(t, file, "start\nx\n")
	r, err := b.Trial(t.Context(), w, func(trial.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(file)
	if err != nil || string(after) != before {
		t.Errorf("the bind-mounted file changed: %q, before %q, %v", after, before, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the bind-mounted directory holds %v, %v", entries, err)
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "/srv is a bounded copy") }) {
		t.Errorf("notes %q", r.Notes)
	}
	if !r.Proved {
		t.Errorf("not proved: %+v", r.Evidence)
	}
}

func awaitContent(t *testing.T, file, want string) string {
	t.Helper()
	for {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(data) == want {
			return want
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("%s holds %q", file, data)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// fileToKill names the Compose file of the service, where there is one.
const fileToKill = "BULKHEAD_TEST_FILE"

// trialToKill runs a trial of the container and makes the file as soon as a
// copy runs; it is killed then.
func trialToKill(id, running string) int {
	e, err := engine.Connect(context.Background(), engine.Options{})
	if err != nil {
		return 1
	}
	b := &Bench{Engine: e, Journal: journal.At(filepath.Dir(running)), Getenv: os.Getenv, Now: time.Now,
		Trials: TrialOptions{Patience: 3 * time.Minute, Parallel: 2, Keep: inspect.AllCaps}}
	if file, ok := os.LookupEnv(fileToKill); ok {
		b.Files, b.Environ = []string{file}, os.Environ()
	}
	w, err := b.Find(context.Background(), id)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, err = b.Trial(context.Background(), w, func(ev trial.Event) {
		if ev.Kind == trial.LogLine {
			_ = os.WriteFile(running, nil, 0o600)
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestCleanSweepsWhatAKilledTrialLeft(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("whether a process lives is only known well enough on Linux")
	}
	b := bench(t)
	w := start(t, b, "redis", container.Config{}, container.HostConfig{})
	running := filepath.Join(t.TempDir(), "running")
	victim := exec.Command(os.Args[0], "trial", w.ID, running)
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	for _, err := os.Stat(running); err != nil; _, err = os.Stat(running) {
		time.Sleep(20 * time.Millisecond)
		if t.Context().Err() != nil {
			t.Fatal("no copy was started")
		}
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // it was killed, which is an error
	if left := leftovers(t, b.Engine, w.ID); len(left) == 0 {
		t.Fatal("the killed trial left nothing; this test shows nothing")
	}
	removed, err := b.Clean(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("removed %q", removed)
	if left := leftovers(t, b.Engine, w.ID); len(left) > 0 {
		t.Errorf("left behind after clean: %v", left)
	}
	if names := helperImages(t, b.Engine, strconv.Itoa(victim.Process.Pid)); len(names) > 0 {
		t.Errorf("left behind after clean: %v", names)
	}
	if _, _, err := b.Engine.Inspect(t.Context(), w.ID); err != nil {
		t.Errorf("the original is gone: %v", err)
	}
}

// Between two uses the image stays where it is held, and goes with the hold.
func TestTheHelperIsHeld(t *testing.T) {
	b := bench(t)
	release := b.HoldHelper()
	for range 2 {
		name, forget, err := b.helperImage(t.Context(), func(trial.Event) {})
		if err != nil || name == "" {
			t.Fatal(name, err)
		}
		if err := forget(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tags := func() int {
		found, err := b.Engine.API.ImageList(t.Context(), client.ImageListOptions{Filters: make(client.Filters).Add("label", agent.Label)})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, image := range found.Items {
			n += len(image.RepoTags)
		}
		return n
	}
	before := tags()
	if err := release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := tags(); after != before-1 {
		t.Errorf("%d names of helper images, and %d after the release", before, after)
	}
}
