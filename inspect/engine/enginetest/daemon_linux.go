package enginetest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"bulkhead/inspect/engine"
)

// Daemon is an engine of the test's own, which it may stop and kill: the
// installed dockerd in a network namespace of its own, so that the bridge and
// the rules of the machine's engine are not touched, with directories of its own.
type Daemon struct {
	t     testing.TB
	dir   string
	args  []string
	cmd   *exec.Cmd
	ended chan struct{}
}

// StartDaemon starts a second engine, and ends it with all that runs on it when
// the test does. It skips the test where no dockerd is installed or may be run.
// args are further arguments.
func StartDaemon(t testing.TB, args ...string) *Daemon {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a second engine can only be started by root")
	}
	if _, err := exec.LookPath("dockerd"); err != nil {
		t.Skip("no dockerd is installed")
	}
	first := Connect(t)
	info, err := first.API.Info(t.Context(), client.InfoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "eng") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "daemon.json") // not the machine's
	if err := os.WriteFile(config, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := &Daemon{t: t, dir: dir, args: append([]string{
		"--host=" + "unix://" + filepath.Join(dir, "s"), "--data-root=" + filepath.Join(dir, "data"), "--exec-root=" + filepath.Join(dir, "exec"),
		"--pidfile=" + filepath.Join(dir, "pid"), "--config-file=" + config, "--storage-driver=" + info.Info.Driver,
	}, args...)}
	t.Cleanup(d.remove)
	d.Start()
	return d
}

// Address is where it answers.
func (d *Daemon) Address() string { return "unix://" + filepath.Join(d.dir, "s") }

// Start starts it and waits until it answers.
func (d *Daemon) Start() {
	d.t.Helper()
	cmd := exec.Command("dockerd", d.args...)
	// A file, because its containerd writes to it as well, and may outlive it.
	log, err := os.Create(d.log())
	if err != nil {
		d.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Setsid: true}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }() // how it ends is the test's own doing
	d.cmd, d.ended = cmd, ended
	for {
		if e, err := d.connect(d.t.Context()); err == nil {
			e.Close()
			return
		}
		select {
		case <-ended:
			d.t.Fatalf("dockerd ended: %s", d.tail())
		case <-d.t.Context().Done():
			d.t.Fatal(d.t.Context().Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (d *Daemon) connect(ctx context.Context) (*engine.Engine, error) {
	return engine.Connect(ctx, engine.Options{Host: d.Address(), Timeout: 10 * time.Second})
}

// Connect returns a connection to it, which ends with the test.
func (d *Daemon) Connect() *engine.Engine {
	d.t.Helper()
	e, err := d.connect(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { e.Close() })
	return e
}

// End sends it the signal and waits until it is gone.
func (d *Daemon) End(signal syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		d.t.Fatal(err)
	}
	select {
	case <-d.ended:
	case <-time.After(time.Minute):
		d.t.Fatal("dockerd does not end")
	}
	// Its containerd dies with it where it is killed. Where nobody waits for that,
	// the next dockerd would take the zombie for one that runs.
	if err := os.Remove(filepath.Join(d.dir, "exec", "containerd", "containerd.pid")); err != nil && !errors.Is(err, os.ErrNotExist) {
		d.t.Fatal(err)
	}
}

// Load gives it an image of the machine's engine.
func (d *Daemon) Load(from, to *engine.Engine, ref string) {
	d.t.Helper()
	saved, err := from.API.ImageSave(d.t.Context(), []string{ref})
	if err != nil {
		d.t.Fatal(err)
	}
	defer saved.Close()
	loaded, err := to.API.ImageLoad(d.t.Context(), saved)
	if err != nil {
		d.t.Fatal(err)
	}
	defer loaded.Close()
	if _, err := new(bytes.Buffer).ReadFrom(loaded); err != nil {
		d.t.Fatal(err)
	}
}

// remove ends the daemon, every process that it has left, and its directories.
func (d *Daemon) remove() {
	if d.cmd != nil {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-d.ended:
		case <-time.After(20 * time.Second):
			_ = d.cmd.Process.Kill()
			<-d.ended
		}
	}
	for range 50 {
		if len(d.processes(syscall.SIGKILL)) == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	d.unmount()
	if err := os.RemoveAll(d.dir); err != nil {
		d.t.Errorf("removing the second engine: %v", err)
	}
}

// processes are those whose arguments name the daemon's directory: its
// containerd and the shims of containers. Each is sent the signal.
func (d *Daemon) processes(signal syscall.Signal) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		d.t.Error(err)
	}
	var found []int
	for _, e := range entries {
		var pid int
		for _, digit := range e.Name() {
			if digit < '0' || digit > '9' {
				pid = 0
				break
			}
			pid = pid*10 + int(digit-'0')
		}
		if pid == 0 || pid == os.Getpid() {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err == nil && strings.Contains(string(line), d.dir+"/") {
			found = append(found, pid)
			_ = syscall.Kill(pid, signal) // it may have ended just now
		}
	}
	return found
}

// unmount takes away what a killed engine left mounted, the innermost first.
func (d *Daemon) unmount() {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		d.t.Error(err)
	}
	lines := strings.Split(string(mounts), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if fields := strings.Fields(lines[i]); len(fields) > 1 && strings.HasPrefix(fields[1], d.dir+"/") {
			_ = syscall.Unmount(fields[1], syscall.MNT_DETACH) // what stays is named by the removal
		}
	}
}

func (d *Daemon) log() string { return filepath.Join(d.dir, "log") }

// tail is the end of what it logged.
func (d *Daemon) tail() string {
	text, err := os.ReadFile(d.log())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}
