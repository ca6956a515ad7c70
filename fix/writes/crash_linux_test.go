package writes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestMain lets this very binary be the bulkhead that is killed while it writes.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "victim" {
		os.Exit(beVictim(os.Args[2], os.Args[3]))
	}
	os.Exit(m.Run())
}

func init() { runtime.LockOSThread() } // the victim's main goroutine is what is traced

// beVictim does to the world what the act says, once it has said that it begins.
func beVictim(act, dir string) int {
	s := At(filepath.Join(dir, "state"))
	r, err := s.Last("")
	if act == "undo" && err != nil {
		return 1
	}
	if err := os.Chdir(dir); err != nil { // the sign
		return 1
	}
	if act == "undo" {
		err = s.Undo(r)
	} else {
		_, err = s.Write(three(dir), noon)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// What three leaves as it was, and what it writes.
var (
	old     = map[string]string{"compose.yaml": "old\n"}
	written = map[string]string{
		"compose.yaml": "new\n", "compose.yaml.bulkhead-20240506-120007.bak": "old\n", "new.json": "{}\n", "secrets/db.txt": "value",
	}
)

// three writes a secret into a directory that is not there, a profile, and the
// file that names them, as a hardened Compose service takes them.
func three(dir string) []File {
	return append([]File{{Path: filepath.Join(dir, "files", "secrets", "db.txt"), Content: []byte("value"), Secret: true}}, two(filepath.Join(dir, "files"))...)
}

// mutating are the system calls that change what is on the disk.
var mutating = []uint64{
	unix.SYS_OPENAT, unix.SYS_WRITE, unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHOWN, unix.SYS_FSYNC,
	unix.SYS_LINKAT, unix.SYS_RENAMEAT, unix.SYS_UNLINKAT, unix.SYS_MKDIRAT,
}

// killedBefore runs a victim and kills it as it is about to make its n-th
// mutating call after the sign; false where it made fewer.
func killedBefore(t *testing.T, n int, act, dir string) bool {
	t.Helper()
	victim := exec.Command(os.Args[0], "victim", act, dir)
	victim.Stderr = os.Stderr
	victim.SysProcAttr = &unix.SysProcAttr{Ptrace: true} // stops at its exec; its main thread alone is traced
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	pid := victim.Process.Pid
	seen := -1 // until the sign
	for {
		var status unix.WaitStatus
		if _, err := unix.Wait4(pid, &status, unix.WALL, nil); err != nil {
			t.Fatal(err)
		}
		signal := 0
		switch {
		case status.Exited() || status.Signaled():
			_ = victim.Wait() // it was waited for, which is an error
			if seen < n && status.ExitStatus() != 0 {
				t.Fatalf("the victim ended with %v", status)
			}
			return seen == n
		case status.StopSignal() == unix.SIGTRAP: // its exec
			if err := unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_EXITKILL); err != nil {
				t.Fatal(err)
			}
		case status.StopSignal() != unix.SIGTRAP|0x80:
			signal = int(status.StopSignal())
		default:
			switch call, arguments := entered(t, pid); {
			case call == unix.SYS_CHDIR:
				seen = 0
			case call == unix.SYS_OPENAT && arguments[2]&unix.O_CREAT == 0: // it only reads
			case seen >= 0 && slices.Contains(mutating, call):
				if seen++; seen == n {
					if err := victim.Process.Kill(); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if err := unix.PtraceSyscall(pid, signal); err != nil && seen != n {
			t.Fatal(err)
		}
	}
}

// entered is the number of the system call that the stopped thread is about to
// make, with its arguments, and one that no call has where it stopped for
// anything else. See ptrace(2), PTRACE_GET_SYSCALL_INFO.
func entered(t *testing.T, pid int) (call uint64, arguments [6]uint64) {
	t.Helper()
	const getSyscallInfo, atEntry = 0x420e, 1
	var info struct {
		op   uint8
		_    [7]uint8
		_    [2]uint64
		call uint64
		args [6]uint64
		_    [4]uint64
	}
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, getSyscallInfo, uintptr(pid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0); errno != 0 {
		t.Skipf("the kernel does not say what system call a process makes: %v", errno)
	}
	if info.op != atEntry {
		return 1 << 63, arguments
	}
	return info.call, info.args
}

// A bulkhead that is killed at any moment of a write leaves every file old or
// new, whole, and the next one makes of it a write that was done, and can be
// taken back, or one that never was.
func TestKilledWhileWriting(t *testing.T) {
	outcomes := map[bool]int{}
	for n := 1; ; n++ {
		dir := t.TempDir()
		files := filepath.Join(dir, "files")
		must(t, os.Mkdir(files, 0o755))
		put(t, filepath.Join(files, "compose.yaml"), "old\n")
		if !killedBefore(t, n, "write", dir) {
			break
		}
		if now := get(t, filepath.Join(files, "compose.yaml")); now != "old\n" && now != "new\n" {
			t.Errorf("killed at %d: the file holds %q", n, now)
		}
		s := At(filepath.Join(dir, "state"))
		did, err := s.Sweep()
		if err != nil {
			t.Fatalf("killed at %d: %v", n, err)
		}
		done := get(t, filepath.Join(files, "compose.yaml")) == "new\n"
		outcomes[done]++
		want := old
		if done {
			want = written
		}
		if diff := cmp.Diff(want, tree(t, files)); diff != "" {
			t.Errorf("killed at %d, then swept %q (-want +got):\n%s", n, did, diff)
		}
		if again, err := s.Sweep(); err != nil || len(again) > 0 {
			t.Errorf("killed at %d: swept again %q, %v", n, again, err)
		}
		if !done {
			if _, err := s.Write(three(dir), noon.Add(time.Second)); err != nil {
				t.Errorf("killed at %d, written anew: %v", n, err)
			}
		}
		r, err := s.Last(filepath.Join(files, "compose.yaml"))
		if err != nil {
			t.Fatalf("killed at %d: %v", n, err)
		}
		must(t, s.Undo(r))
		if diff := cmp.Diff(old, tree(t, files)); diff != "" {
			t.Errorf("killed at %d, then taken back (-want +got):\n%s", n, diff)
		}
		if left := tree(t, filepath.Join(dir, "state")); len(left) > 0 {
			t.Errorf("killed at %d: the store still holds %v", n, left)
		}
	}
	t.Logf("killed %d times before it was written, %d times after", outcomes[false], outcomes[true])
	if outcomes[false] < 20 || outcomes[true] < 2 {
		t.Errorf("outcomes %v: this test shows less than it should", outcomes)
	}
}

// One that is killed while it takes a write back leaves what the next one makes
// a write that was taken back, or that still can be.
func TestKilledWhileUndoing(t *testing.T) {
	for n := 1; ; n++ {
		dir := t.TempDir()
		files := filepath.Join(dir, "files")
		must(t, os.Mkdir(files, 0o755))
		put(t, filepath.Join(files, "compose.yaml"), "old\n")
		s := At(filepath.Join(dir, "state"))
		if _, err := s.Write(three(dir), noon); err != nil {
			t.Fatal(err)
		}
		if !killedBefore(t, n, "undo", dir) {
			if n < 10 {
				t.Errorf("killed %d times: this test shows less than it should", n-1)
			}
			return
		}
		if _, err := s.Sweep(); err != nil {
			t.Fatalf("killed at %d: %v", n, err)
		}
		if r, err := s.Last(""); err == nil {
			if diff := cmp.Diff(written, tree(t, files)); diff != "" {
				t.Errorf("killed at %d, then swept (-want +got):\n%s", n, diff)
			}
			must(t, s.Undo(r))
		}
		if diff := cmp.Diff(old, tree(t, files)); diff != "" {
			t.Errorf("killed at %d, then taken back (-want +got):\n%s", n, diff)
		}
	}
}

// tree is what the files below a directory hold; an empty directory counts.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			out[name] = get(t, path)
		case name != "." && name != "writes":
			if left, err := os.ReadDir(path); err != nil || len(left) == 0 {
				out[name] = "(empty)"
			}
		}
		return nil
	}))
	return out
}
