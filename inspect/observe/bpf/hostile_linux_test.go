package bpf

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/act/expect"
)

// below makes a cgroup inside another one.
func below(t *testing.T, parent, name string) string {
	t.Helper()
	dir := filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) }) // it may be moved or gone
	return dir
}

// put moves a running command into a cgroup.
func put(t *testing.T, c *exec.Cmd, dir string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(c.Process.Pid)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// letGo lets a command behind a gate do the rest, and waits for it.
func letGo(t *testing.T, c *exec.Cmd, gate io.WriteCloser) {
	t.Helper()
	_, err := io.WriteString(gate, "\n")
	if err := errors.Join(err, gate.Close(), c.Wait()); err != nil {
		t.Fatal(err)
	}
}

// A container's cgroup is known by its own name, as cgroupfs and systemd write
// it, wherever it lies: also below that of another container, as in an engine
// that runs in one.
func TestTheNamesOfCgroups(t *testing.T) {
	id, other := strings.Repeat("0123456789abcdef", 4), strings.Repeat("f", 64)
	for _, kind := range []cgroupKind{unified, legacy} {
		for _, tt := range []struct {
			name  string
			path  []string
			known bool
		}{
			{"cgroupfs", []string{id}, true},
			{"systemd", []string{"docker-" + id + ".scope"}, true},
			{"inside another container", []string{other, "docker", id}, true},
			{"another container", []string{other}, false},
			{"a longer name", []string{id + "0"}, false},
			{"another tool's scope", []string{"libpod-" + id + ".scope"}, false},
		} {
			t.Run(string(kind)+" "+tt.name, func(t *testing.T) {
				dir, _ := cgroup(t, kind)
				for _, name := range tt.path {
					dir = below(t, dir, name)
				}
				r, err := Open(id, false)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				c := command(t, "symlink")
				run(t, kind, dir, c)
				if seen := len(expect.Accesses(stop(t, r), c.Dir)) > 0; seen != tt.known {
					t.Errorf("seen: %v", seen)
				}
			})
		}
	}
}

// A container that is started again while it is watched running has new
// processes in a new cgroup of the same name.
func TestARestartIsFollowedWhileRunning(t *testing.T) {
	for _, kind := range []cgroupKind{unified, legacy} {
		t.Run(string(kind), func(t *testing.T) {
			parent, _ := cgroup(t, kind)
			const name = "bulkhead-test-again"
			dir := below(t, parent, name)
			r := start(t, name, true)
			var want []string
			for range 2 {
				c := command(t, "symlink")
				run(t, kind, dir, c)
				want = append(want, c.Dir)
				// The engine makes it anew.
				if err := errors.Join(os.Remove(dir), os.Mkdir(dir, 0o755)); err != nil {
					t.Fatal(err)
				}
			}
			o := stop(t, r)
			for i, at := range want {
				if expect.Accesses(o, at)["link"] != "created" {
					t.Errorf("start %d was not seen: %+v", i+1, o.Files)
				}
			}
		})
	}
}

// Processes stay watched wherever they go, and so do their children: out of the
// container's cgroup, into one that they made, or when it gets another name.
func TestLeavingTheCgroupHidesNothing(t *testing.T) {
	for _, tt := range []struct {
		name string
		kind cgroupKind
		move func(t *testing.T, c *exec.Cmd, parent, dir string)
	}{
		{"to another", unified, func(t *testing.T, c *exec.Cmd, parent, _ string) { put(t, c, below(t, parent, "elsewhere")) }},
		{"to another", legacy, func(t *testing.T, c *exec.Cmd, parent, _ string) { put(t, c, below(t, parent, "elsewhere")) }},
		{"to one below", unified, func(t *testing.T, c *exec.Cmd, _, dir string) { put(t, c, below(t, dir, "inner")) }},
		{"to one below", legacy, func(t *testing.T, c *exec.Cmd, _, dir string) { put(t, c, below(t, dir, "inner")) }},
		{"and deleting it", legacy, func(t *testing.T, c *exec.Cmd, parent, dir string) {
			put(t, c, below(t, parent, "elsewhere"))
			if err := os.Remove(dir); err != nil {
				t.Fatal(err)
			}
		}},
		{"by a new name", legacy, func(t *testing.T, _ *exec.Cmd, parent, dir string) {
			if err := os.Rename(dir, filepath.Join(parent, "renamed")); err != nil {
				t.Skipf("this kernel renames no cgroup: %v", err)
			}
			t.Cleanup(func() { _ = os.Remove(filepath.Join(parent, "renamed")) })
		}},
	} {
		t.Run(string(tt.kind)+" "+tt.name, func(t *testing.T) {
			parent, _ := cgroup(t, tt.kind)
			const name = "bulkhead-test-left"
			dir := below(t, parent, name)
			r := start(t, name, false)
			c := command(t, "gate", "again", "mkdir", "gate", "each", "symlink")
			gate, err := enter(c, dir)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(gate, "\n"); err != nil {
				t.Fatal(err)
			}
			for {
				if _, err := os.Stat(filepath.Join(c.Dir, "d/e")); err == nil {
					break
				}
			}
			tt.move(t, c, parent, dir)
			letGo(t, c, gate)
			found := false
			for _, f := range stop(t, r).Files {
				found = found || strings.HasPrefix(f.Path, c.Dir) && filepath.Base(f.Path) == "link"
			}
			if !found {
				t.Error("what was done afterwards was not seen")
			}
		})
	}
}

// Every refusal of the kernel names what it refused and what to do.
func TestRefusalsSayWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		hint string
	}{
		{"no capability, lockdown", fs.ErrPermission, "CAP_SYS_ADMIN"},
		{"an old kernel", ebpf.ErrNotSupported, "Linux 5.11"},
		{"something else", io.ErrUnexpectedEOF, "bulkhead doctor"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var refused *observe.RefusedError
			err := refusal("load the observing programs", tt.err)
			if !errors.As(err, &refused) || !strings.Contains(refused.Hint(), tt.hint) || !errors.Is(err, tt.err) || !strings.Contains(err.Error(), "load the observing programs") {
				t.Errorf("%v: %s", err, refused.Hint())
			}
		})
	}
}

// A kernel whose types lack a field is refused, never read at a wrong place.
func TestAKernelWithOtherFieldsIsRefused(t *testing.T) {
	types, err := btf.LoadKernelSpec()
	if err != nil {
		t.Skipf("this kernel has no type information: %v", err)
	}
	l := &layout{spec: types}
	c := &code{layout: l}
	c.at("task_struct.no_such_field")
	if l.err == nil {
		t.Error("a field that is not there has a place")
	}
}
