package lab

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bulkhead/assets"
	"bulkhead/inspect"
	"bulkhead/inspect/agent"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/client"
)

// testLab is a lab of its own: another directory, so another project, and a
// free port.
type testLab struct {
	t *testing.T
	e *engine.Engine
	Options
	out  *bytes.Buffer
	port string
}

func newTestLab(t *testing.T) *testLab {
	t.Helper()
	e := enginetest.Connect(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	_, port, err := net.SplitHostPort(free.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	out := &bytes.Buffer{}
	l := &testLab{t: t, e: e, out: out, port: port, Options: Options{
		API: e.API, Host: e.Host, Out: out,
		Dir: filepath.Join(t.TempDir(), "labtest-"+port), imagePrefix: "bulkhead-lab-test/",
	}}
	l.write(strings.NewReplacer("18080:80", "127.0.0.1:"+port+":80", "bulkhead-lab/", "bulkhead-lab-test/").
		Replace(string(assets.LabCompose)))
	t.Cleanup(func() {
		if err := Down(context.Background(), l.Options); err != nil {
			t.Error(err)
		}
		l.isGone()
	})
	return l
}

func (l *testLab) file() string { return filepath.Join(l.Dir, fileName) }

func (l *testLab) write(text string) {
	l.t.Helper()
	if err := os.MkdirAll(l.Dir, 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(l.file(), []byte(text), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

// edit replaces text in the lab's Compose file.
func (l *testLab) edit(old, replacement string) {
	l.t.Helper()
	text, err := os.ReadFile(l.file())
	if err != nil {
		l.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		l.t.Fatalf("the file does not hold %q", old)
	}
	l.write(strings.Replace(string(text), old, replacement, 1))
}

func (l *testLab) up() {
	l.t.Helper()
	if err := Up(l.t.Context(), l.Options); err != nil {
		l.t.Fatalf("up: %v; it said:\n%s", err, l.out)
	}
}

func (l *testLab) project() string { return filepath.Base(l.Dir) }

// containers returns the project's containers: name → ID and state.
func (l *testLab) containers() map[string]string {
	l.t.Helper()
	found, err := listContainers(context.Background(), l.API, projectLabel+"="+l.project())
	if err != nil {
		l.t.Fatal(err)
	}
	all := map[string]string{}
	for _, c := range found {
		all[c.Names[0]] = c.ID + " " + string(c.State)
	}
	return all
}

// isGone checks that nothing of the project is left on the engine.
func (l *testLab) isGone() {
	l.t.Helper()
	ctx := context.Background()
	if left := l.containers(); len(left) > 0 {
		l.t.Errorf("containers are left: %v", left)
	}
	filter := make(client.Filters).Add("label", projectLabel+"="+l.project())
	networks, err := l.API.NetworkList(ctx, client.NetworkListOptions{Filters: filter})
	if err != nil || len(networks.Items) > 0 {
		l.t.Errorf("networks are left: %v, %v", networks.Items, err)
	}
	volumes, err := l.API.VolumeList(ctx, client.VolumeListOptions{Filters: filter})
	if err != nil || len(volumes.Items) > 0 {
		l.t.Errorf("volumes are left: %v, %v", volumes.Items, err)
	}
	own, err := agent.Own()
	if err != nil {
		l.t.Fatal(err)
	}
	images, err := l.API.ImageList(ctx, client.ImageListOptions{Filters: make(client.Filters).Add("label", agent.Label+"="+own.Hash())})
	if err != nil || len(images.Items) > 0 {
		l.t.Errorf("images are left: %v, %v", images.Items, err)
	}
}

func TestUpTwiceAndDown(t *testing.T) {
	l := newTestLab(t)
	l.up()
	first := l.containers()
	var names []string
	for name, state := range first {
		names = append(names, name)
		if !strings.HasSuffix(state, " running") {
			t.Errorf("%s is %s", name, state)
		}
	}
	slices.Sort(names)
	p := "/" + l.project()
	if diff := cmp.Diff([]string{p + "-admin-1", p + "-ping-1", p + "-store-1", p + "-web-1"}, names); diff != "" {
		t.Errorf("containers (-want +got):\n%s", diff)
	}
	until(t, "web answers", func() bool {
		_, body, err := get("http://127.0.0.1:" + l.port + "/")
		return err == nil && strings.Contains(body, "uid 101")
	})

	l.up()
	if diff := cmp.Diff(first, l.containers()); diff != "" {
		t.Errorf("a second up changed containers (-before +after):\n%s", diff)
	}

	l.edit("    restart: unless-stopped\n", "    cap_drop: [ALL]\n    cap_add: [CHOWN, SETGID, SETUID]\n    restart: unless-stopped\n")
	l.up()
	var changed []string
	after := l.containers()
	for name, state := range after {
		if first[name] != state {
			changed = append(changed, name)
		}
	}
	if diff := cmp.Diff([]string{p + "-web-1"}, changed); diff != "" || len(after) != 4 {
		t.Errorf("changed containers of %d (-want +got):\n%s", len(after), diff)
	}

	notes := filepath.Join(l.Dir, "notes.txt")
	if err := os.WriteFile(notes, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Down(t.Context(), l.Options); err != nil {
		t.Fatal(err)
	}
	l.isGone()
	if _, err := os.Stat(l.file()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the Compose file is left: %v", err)
	}
	if _, err := os.Stat(notes); err != nil || !strings.Contains(l.out.String(), "notes.txt") {
		t.Errorf("the person's file is gone or not named: %v\n%s", err, l.out)
	}
	if err := os.Remove(notes); err != nil {
		t.Fatal(err)
	}
}

func TestABrokenServiceIsNamedAndCanBeMended(t *testing.T) {
	l := newTestLab(t)
	l.edit("    restart: unless-stopped\n", "    cap_drop: [CHOWN]\n    restart: \"no\"\n")
	err := Up(t.Context(), l.Options)
	var broken *ServiceError
	if !errors.As(err, &broken) {
		t.Fatalf("error is %v, want a *ServiceError", err)
	}
	if broken.Service != "web" || broken.State != "exited with code 1" || !strings.Contains(err.Error(), "operation not permitted") {
		t.Errorf("it says: %v", err)
	}
	if len(l.containers()) != 4 {
		t.Errorf("containers are %v; all should stay", l.containers())
	}
	l.edit("    cap_drop: [CHOWN]\n", "")
	l.up()
}

func TestPortInUse(t *testing.T) {
	l := newTestLab(t)
	if !l.Host.Local {
		t.Skip("the engine's ports are another machine's")
	}
	taken, err := net.Listen("tcp", "127.0.0.1:"+l.port)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = Up(t.Context(), l.Options)
	var conflict *PortError
	if !errors.As(err, &conflict) {
		t.Fatalf("error is %v, want a *PortError", err)
	}
	text, readErr := os.ReadFile(l.file())
	if readErr != nil {
		t.Fatal(readErr)
	}
	line := 1 + strings.Count(string(text[:bytes.Index(text, []byte(l.port))]), "\n")
	if conflict.Port != l.port || conflict.Service != "web" || conflict.File != l.file() || conflict.Line != line {
		t.Errorf("it says: %v %s; the port is on line %d", err, conflict.Hint(), line)
	}
	l.isGone()
}

func TestAFailedReplacementLeavesTheOldOneRunning(t *testing.T) {
	l := newTestLab(t)
	if !l.Host.Local {
		t.Skip("the engine's ports are another machine's")
	}
	l.up()
	before := l.containers()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	l.edit("127.0.0.1:"+l.port+":80", "127.0.0.1:"+port+":80")
	var conflict *PortError
	if err := Up(t.Context(), l.Options); !errors.As(err, &conflict) {
		t.Errorf("error is %v, want a *PortError", err)
	}
	if diff := cmp.Diff(before, l.containers()); diff != "" {
		t.Errorf("containers (-before +after):\n%s", diff)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := l.Options
	o.Out = interrupter{"Replacing web", cancel}
	if err := Up(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
	if diff := cmp.Diff(before, l.containers()); diff != "" {
		t.Errorf("containers after an interruption (-before +after):\n%s", diff)
	}
}

func TestTwoNetworksAndABrokenFile(t *testing.T) {
	l := newTestLab(t)
	l.edit("    restart: unless-stopped\n", "    networks: [default, back]\n    restart: unless-stopped\n")
	l.edit("volumes:\n  store-data:", "networks:\n  back:\n    internal: true\nvolumes:\n  store-data:")
	l.up()
	web := running{t, l.e, l.project() + "-web-1"}.inspect()
	for _, name := range []string{"default", "back"} {
		endpoint := web.NetworkSettings.Networks[l.project()+"_"+name]
		if endpoint == nil || !slices.Contains(endpoint.Aliases, "web") {
			t.Errorf("network %s knows it as %+v", name, endpoint)
		}
	}
	first := l.containers()
	l.up()
	if diff := cmp.Diff(first, l.containers()); diff != "" {
		t.Errorf("a second up changed containers (-before +after):\n%s", diff)
	}
	l.edit("services:", "services: [")
	if err := Up(t.Context(), l.Options); err == nil || !strings.Contains(err.Error(), l.file()) {
		t.Errorf("error is %v, want one that names the file", err)
	}
	// Down, when the test ends, has to cope with the file as it is, and with
	// images that have lost their names.
	for _, image := range l.images() {
		_, err := l.API.ImageRemove(t.Context(), image.Name, client.ImageRemoveOptions{Force: true})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestDownWithoutALab(t *testing.T) {
	e := enginetest.Connect(t)
	o := Options{API: e.API, Environ: []string{"HOME=" + t.TempDir()}, imagePrefix: "bulkhead-lab-test/"}
	if err := Down(t.Context(), o); err != nil {
		t.Error(err)
	}
}

// interrupter ends a context when a line is written that holds the text.
type interrupter struct {
	text   string
	cancel context.CancelFunc
}

func (i interrupter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), i.text) {
		i.cancel()
	}
	return len(p), nil
}

func TestAnInterruptionLeavesNothing(t *testing.T) {
	for _, moment := range []string{"Preparing", "Creating network", "Creating volume", "Starting store", "Starting web", "Waiting"} {
		t.Run(moment, func(t *testing.T) {
			l := newTestLab(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o := l.Options
			o.Out = interrupter{moment, cancel}
			if err := Up(ctx, o); !errors.Is(err, context.Canceled) {
				t.Errorf("error is %v, want the context's", err)
			}
			l.isGone()
		})
	}
}

func TestComposeTakesOver(t *testing.T) {
	for _, command := range composeCommands(t) {
		t.Run(filepath.Base(command[0]), func(t *testing.T) {
			l := newTestLab(t)
			l.up()
			first := l.containers()
			compose := func(args ...string) string {
				cmd := exec.Command(command[0], append(command[1:], args...)...)
				cmd.Dir = l.Dir
				text, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %v\n%s", args, err, text)
				}
				return string(text)
			}
			said := compose("up", "-d")
			t.Logf("compose said:\n%s", said)
			for _, complaint := range []string{"WARN", "rror", "orphan", "ecreat"} {
				// Compose 1 has a hash of its own, and makes containers anew.
				if strings.Contains(said, complaint) && (complaint != "ecreat" || !composeOne(command)) {
					t.Errorf("it says %q", complaint)
				}
			}
			second := l.containers()
			if len(second) != 4 {
				t.Errorf("containers are %v", second)
			}
			if !composeOne(command) {
				if diff := cmp.Diff(first, second); diff != "" {
					t.Errorf("it changed containers (-before +after):\n%s", diff)
				}
			}
			l.up()
			if len(l.containers()) != 4 {
				t.Errorf("containers after another up are %v", l.containers())
			}
			compose("down", "-v")
			if left := l.containers(); len(left) > 0 {
				t.Errorf("its down leaves %v", left)
			}
		})
	}
}

// composeCommands are the Composes of this machine.
func composeCommands(t *testing.T) [][]string {
	t.Helper()
	var commands [][]string
	for _, name := range []string{"docker-compose", os.Getenv("BULKHEAD_TEST_COMPOSE")} {
		if path, err := exec.LookPath(name); err == nil {
			commands = append(commands, []string{path})
		}
	}
	if exec.Command("docker", "compose", "version").Run() == nil {
		commands = append(commands, []string{"docker", "compose"})
	}
	if len(commands) == 0 {
		t.Skip("no Compose on this machine")
	}
	return commands
}

// composeOne says whether this is Compose 1, written in Python.
func composeOne(command []string) bool {
	text, err := exec.Command(command[0], append(command[1:], "version", "--short")...).Output()
	return err == nil && strings.HasPrefix(string(text), "1.")
}

func TestSomeoneElsesDirectoryIsRefused(t *testing.T) {
	for _, name := range []string{"compose.yaml", "docker-compose.yml", "notes.txt"} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("services: {}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		// Without an API: a call to the engine would be a panic.
		o := Options{Dir: dir, Environ: []string{"HOME=" + t.TempDir()}}
		for what, err := range map[string]error{"up": Up(t.Context(), o), "down": Down(t.Context(), o)} {
			var refused *NotLabError
			if !errors.As(err, &refused) || refused.File != path {
				t.Errorf("%s beside %s: error is %v, want a *NotLabError", what, name, err)
			}
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestAnEngineThatCannotRunThisProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lab")
	o := Options{Host: inspect.Host{OS: "linux", Arch: "s390x"}, Dir: dir, Environ: []string{"HOME=" + t.TempDir()}}
	err := Up(t.Context(), o)
	var missing *agent.HelperError
	if !errors.As(err, &missing) || !strings.Contains(missing.Hint(), "GOARCH=s390x") {
		t.Errorf("error is %v, want a *agent.HelperError that says how to build one", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the lab's directory was made: %v", err)
	}
}

func TestDefaultDir(t *testing.T) {
	for _, test := range []struct{ data, home, want string }{
		{"/data", "/home/me", "/data/bulkhead/bulkhead-lab"},
		{"", "/home/me", "/home/me/.local/share/bulkhead/bulkhead-lab"},
		{"relative", "/home/me", "/home/me/.local/share/bulkhead/bulkhead-lab"},
	} {
		o := Options{Environ: []string{"XDG_DATA_HOME=ignored", "XDG_DATA_HOME=" + test.data, "HOME=" + test.home}}
		if got, err := DefaultDir(o.getenv); err != nil || got != filepath.FromSlash(test.want) {
			t.Errorf("%+v: got %q, %v", test, got, err)
		}
	}
}
