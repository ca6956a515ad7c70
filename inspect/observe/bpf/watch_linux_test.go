package bpf

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/act"
)

// The first thread stays the one that executes: see the act gate.
func init() { runtime.LockOSThread() }

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == act.Word {
		os.Exit(act.Main(os.Args[2:], os.Stdin, os.Stderr))
	}
	os.Exit(m.Run())
}

// cgroupKind is a version of cgroups.
type cgroupKind string

const (
	unified cgroupKind = "v2"
	legacy  cgroupKind = "v1"
)

// mounts are where this machine has a hierarchy of the kind.
var mounts = map[cgroupKind][]string{
	unified: {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"},
	legacy:  {"/sys/fs/cgroup/pids", "/sys/fs/cgroup/freezer", "/sys/fs/cgroup/cpu"},
}

// cgroup makes a cgroup and removes it at the end, or skips the test.
func cgroup(t testing.TB, kind cgroupKind) (dir, name string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may load observing programs")
	}
	name = "bulkhead-test-" + strings.ToLower(rand.Text())
	for _, mount := range mounts[kind] {
		var fs unix.Statfs_t
		if err := unix.Statfs(mount, &fs); err != nil || (fs.Type == unix.CGROUP2_SUPER_MAGIC) != (kind == unified) {
			continue
		}
		dir = filepath.Join(mount, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			continue
		}
		t.Cleanup(func() {
			if err := os.Remove(dir); err != nil {
				t.Error(err)
			}
		})
		return dir, name
	}
	t.Skipf("no cgroup can be made in a hierarchy of %s here", kind)
	return "", ""
}

// start watches a new cgroup.
func start(t testing.TB, name string, live bool) *Recorder {
	t.Helper()
	return startBounded(t, name, live, standard)
}

func startBounded(t testing.TB, name string, live bool, b bounds) *Recorder {
	t.Helper()
	r, err := watch([]string{name}, live, b, capabilityChecks, btf.LoadKernelSpec)
	if err != nil {
		var rejected *ebpf.VerifierError
		if errors.As(err, &rejected) {
			t.Logf("%+v", rejected)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func stop(t testing.TB, r *Recorder) observe.Observation {
	t.Helper()
	o, err := r.Stop()
	if err != nil {
		t.Fatal(err)
	}
	if o.Lost.Any() {
		t.Errorf("lost: %+v", o.Lost)
	}
	return o
}

// command is this test binary doing the acts, in a directory of its own.
func command(t testing.TB, acts ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	openTo(t, dir)
	openTo(t, filepath.Dir(self))
	c := exec.Command(self, append([]string{act.Word}, acts...)...)
	c.Dir, c.Env = dir, append(os.Environ(), "GOGC=off")
	return c
}

// openTo lets other users come to a directory below the temporary one.
func openTo(t testing.TB, dir string) {
	t.Helper()
	for d := dir; strings.HasPrefix(d, os.TempDir()+"/"); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// observed is what was seen of the acts, and the directory they were done in.
func observed(t *testing.T, acts ...string) (observe.Observation, string) {
	t.Helper()
	dir, name := cgroup(t, unified)
	r := start(t, name, false)
	c := command(t, acts...)
	run(t, unified, dir, c)
	return stop(t, r), c.Dir
}

// run puts the command into the cgroup and waits for it. In cgroup v2 it is
// born there, as newer runtimes do it; in v1 it is moved there and executes
// itself anew, as runc does.
func run(t testing.TB, kind cgroupKind, dir string, c *exec.Cmd) {
	t.Helper()
	var stderr bytes.Buffer
	c.Stderr = &stderr
	var err error
	if kind == unified {
		err = bornThere(c, dir)
	} else {
		err = moved(c, dir)
	}
	if err != nil && !mayFail(c.Args) {
		t.Fatalf("%v: %v\n%s", c.Args[2:], err, stderr.String())
	}
}

// mayFail says that a capability is given up first.
func mayFail(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-") })
}

func bornThere(c *exec.Cmd, dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	c.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(d.Fd()), Cloneflags: syscall.CLONE_NEWNET}
	return c.Run()
}

func moved(c *exec.Cmd, dir string) error {
	c.Args = append([]string{c.Args[0], c.Args[1], "gate", "again"}, c.Args[2:]...)
	in, err := enter(c, dir)
	if err != nil {
		return err
	}
	_, err = io.WriteString(in, "\n")
	return errors.Join(err, in.Close(), c.Wait())
}

// enter starts a command with a gate and moves it into the cgroup when it stands
// there: a start returns while the execution may still be under way.
func enter(c *exec.Cmd, dir string) (gate io.WriteCloser, err error) {
	gate, err = c.StdinPipe()
	if err != nil {
		return nil, err
	}
	at, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	if _, err := at.Read(make([]byte, 1)); err != nil {
		return nil, errors.Join(err, c.Process.Kill(), c.Wait())
	}
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(c.Process.Pid)), 0o644); err != nil {
		return nil, errors.Join(err, c.Process.Kill(), c.Wait())
	}
	return gate, nil
}
