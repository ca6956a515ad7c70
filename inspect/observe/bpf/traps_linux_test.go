package bpf

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/act/expect"
)

// What the runtime does before the application begins is no file or check of
// the application's, though it executes itself again on the way there.
func TestTheRuntimeIsNotTheApplication(t *testing.T) {
	for _, how := range []string{"self", "fd"} {
		t.Run(how, func(t *testing.T) {
			dir, name := cgroup(t, legacy)
			r := start(t, name, false)
			c := command(t, "gate", how, "chown", "mkdir", "again", "symlink")
			gate, err := enter(c, dir)
			if err != nil {
				t.Fatal(err)
			}
			gate.Write([]byte("\n"))
			if err := errors.Join(gate.Close(), c.Wait()); err != nil {
				t.Fatal(err)
			}
			o := stop(t, r)
			if diff := cmp.Diff(map[string]string{"link": "created"}, expect.Accesses(o, c.Dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if got := checked(o, "CHOWN"); len(got) > 0 {
				t.Errorf("CHOWN: %v", got)
			}
			want := map[observe.Phase]bool{observe.Runtime: true, observe.Start: true}
			got := map[observe.Phase]bool{}
			for _, s := range o.Syscalls {
				got[s.Phase] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("phases (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARuntimeAloneNeverBegan(t *testing.T) {
	dir, name := cgroup(t, legacy)
	r := start(t, name, false)
	c := command(t, "gate", "self", "nothing")
	gate, err := enter(c, dir)
	if err != nil {
		t.Fatal(err)
	}
	gate.Write([]byte("\n"))
	if err := errors.Join(gate.Close(), c.Wait()); err != nil {
		t.Fatal(err)
	}
	if o := stop(t, r); o.Began || len(o.Syscalls) == 0 {
		t.Errorf("began %v, with %d kinds of calls", o.Began, len(o.Syscalls))
	}
}

func TestARunningContainerIsWatchedFromNowOn(t *testing.T) {
	for _, kind := range []cgroupKind{unified, legacy} {
		t.Run(string(kind), func(t *testing.T) {
			dir, name := cgroup(t, kind)
			c := command(t, "mkdir", "gate", "setgid", "symlink")
			gate, err := enter(c, dir)
			if err != nil {
				t.Fatal(err)
			}
			for waitFor := filepath.Join(c.Dir, "d/e"); ; {
				if _, err := os.Stat(waitFor); err == nil {
					break
				}
			}
			r := start(t, name, true)
			gate.Write([]byte("\n"))
			if err := errors.Join(gate.Close(), c.Wait()); err != nil {
				t.Fatal(err)
			}
			o := stop(t, r)
			if diff := cmp.Diff(map[string]string{"link": "created"}, expect.Accesses(o, c.Dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			i := slices.IndexFunc(o.Checks, func(c observe.Check) bool { return c.Capability == "SETGID" })
			if i < 0 || o.Checks[i].Executable != c.Path || o.Checks[i].Phase != observe.Ready {
				t.Errorf("checks: %+v", o.Checks)
			}
			if !o.Live || !slices.ContainsFunc(o.Unseen, func(g observe.Gap) bool { return g.Aspect == observe.Beginning }) {
				t.Error("it does not say that the beginning was not seen")
			}
		})
	}
}

func TestPhasesAreKeptApart(t *testing.T) {
	dir, name := cgroup(t, unified)
	r := start(t, name, false)
	for _, p := range []observe.Phase{observe.Ready, observe.Stop} {
		if err := r.Phase(p); err != nil {
			t.Fatal(err)
		}
		run(t, unified, dir, command(t, map[observe.Phase]string{observe.Ready: "setgid", observe.Stop: "setuid"}[p]))
	}
	for _, p := range []observe.Phase{observe.Runtime, observe.Confined, "lunch"} {
		if err := r.Phase(p); err == nil {
			t.Errorf("phase %s was marked", p)
		}
	}
	got := map[string]observe.Phase{}
	for _, c := range stop(t, r).Checks {
		got[c.Capability+" "+c.Syscall] = c.Phase
	}
	if got["SETGID setgid"] != observe.Ready || got["SETUID setuid"] != observe.Stop {
		t.Errorf("%v", got)
	}
}

// A check that fails without the call failing for it means nothing: every mmap
// asks for SYS_ADMIN.
func TestADenialWithoutAnErrorIsNone(t *testing.T) {
	o, _ := observed(t, "-SYS_ADMIN", "each", "nothing")
	for _, c := range o.Checks {
		if c.Capability == "SYS_ADMIN" && c.Outcome != observe.Granted {
			t.Errorf("%+v", c)
		}
	}
}

// overlayfs checks with the credentials of whoever mounted it: here root's,
// while a process without any capability writes.
func TestBorrowedCredentialsDoNotCount(t *testing.T) {
	dir, name := cgroup(t, unified)
	base := t.TempDir()
	openTo(t, base)
	options := []string{}
	for _, part := range []string{"lowerdir", "upperdir", "workdir"} {
		path := filepath.Join(base, part)
		if err := os.MkdirAll(filepath.Join(path, "sub"), 0o777); err != nil {
			t.Fatal(err)
		}
		options = append(options, part+"="+path)
	}
	if err := os.Remove(filepath.Join(base, "workdir", "sub")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "lowerdir", "f"), []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"upperdir", "lowerdir/f"} {
		if err := os.Chown(filepath.Join(base, path), 33, 33); err != nil {
			t.Fatal(err)
		}
	}
	merged := t.TempDir()
	if err := unix.Mount("overlay", merged, "overlay", 0, strings.Join(options, ",")); err != nil {
		t.Skipf("this kernel mounts no overlay: %v", err)
	}
	defer unix.Unmount(merged, unix.MNT_DETACH)
	openTo(t, filepath.Dir(merged))
	r := start(t, name, false)
	c := command(t, "write", "unlink")
	c.Dir = merged
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	c.SysProcAttr = &syscall.SysProcAttr{
		UseCgroupFD: true, CgroupFD: int(d.Fd()), Credential: &syscall.Credential{Uid: 33, Gid: 33, NoSetGroups: true},
	}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	o := stop(t, r)
	if got := expect.Accesses(o, merged)["gone"]; got == "" {
		t.Fatalf("nothing was written: %v", expect.Accesses(o, merged))
	}
	for _, c := range o.Checks {
		t.Errorf("%+v", c)
	}
}

// What does not fit is counted, and counted as what it is.
func TestLossesAreCounted(t *testing.T) {
	small := func(change func(*bounds)) bounds {
		b := standard
		change(&b)
		return b
	}
	page := uint32(os.Getpagesize())
	for _, tt := range []struct {
		name   string
		bounds bounds
		acts   []string
		lost   func(observe.Lost) uint64
	}{
		{"tally", small(func(b *bounds) { b.tally = 1 }), []string{"setgid", "setuid"}, func(l observe.Lost) uint64 { return l.Checks }},
		{"tasks", small(func(b *bounds) { b.tasks = 1 }), []string{"each", "nothing"}, func(l observe.Lost) uint64 { return l.Tasks }},
		{"addresses", small(func(b *bounds) { b.addresses = 1 }), []string{"many_peers"}, func(l observe.Lost) uint64 { return l.Addresses }},
		{"ring", small(func(b *bounds) { b.ring = page }), []string{"deep"}, func(l observe.Lost) uint64 { return l.Events }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, name := cgroup(t, unified)
			r := startBounded(t, name, false, tt.bounds)
			// Nobody takes from the ring meanwhile.
			r.mu.Lock()
			run(t, unified, dir, command(t, tt.acts...))
			r.mu.Unlock()
			o, err := r.Stop()
			if err != nil {
				t.Fatal(err)
			}
			if tt.lost(o.Lost) == 0 {
				t.Errorf("nothing was said to be lost: %+v", o.Lost)
			}
		})
	}
}

// Values that do not fit are counted as values that are not known, so that no
// list of them looks whole.
func TestMoreArgumentsThanAreKept(t *testing.T) {
	b := standard
	b.arguments = 8
	dir, name := cgroup(t, unified)
	r := startBounded(t, name, false, b)
	run(t, unified, dir, command(t, "many_ioctls"))
	list, whole := stop(t, r).CallsWith("ioctl")
	if whole || len(list) > 8 {
		t.Errorf("whole: %v, %+v", whole, list)
	}
	r = start(t, name, false)
	run(t, unified, dir, command(t, "many_ioctls"))
	if list, whole := stop(t, r).CallsWith("ioctl"); !whole || len(list) < 20 {
		t.Errorf("whole: %v, %+v", whole, list)
	}
}

// Of more addresses than are kept there is still the family and the port.
func TestMoreAddressesThanAreKept(t *testing.T) {
	b := standard
	b.addresses = 4
	dir, name := cgroup(t, unified)
	r := startBounded(t, name, false, b)
	run(t, unified, dir, command(t, "many_peers"))
	o, err := r.Stop()
	if err != nil {
		t.Fatal(err)
	}
	var with, without uint64
	for _, s := range o.Sockets {
		switch {
		case s.Operation != "connect":
		case s.Address != "":
			with += s.Count
		case s.Family == "inet" && s.Port == 53:
			without += s.Count
		}
	}
	if with != 4 || without != 16 || o.Lost.Addresses != 16 {
		t.Errorf("with %d, without %d, lost %d", with, without, o.Lost.Addresses)
	}
}

// A file lies on the innermost mount, also where only its directory was named.
func TestMountsAreTold(t *testing.T) {
	o, dir := observed(t, "on_tmpfs")
	for _, name := range []string{"m/f", "m/d"} {
		i := slices.IndexFunc(o.Files, func(f observe.File) bool { return f.Path == filepath.Join(dir, name) })
		if i < 0 || o.Files[i].Mount != filepath.Join(dir, "m") {
			t.Errorf("%s: %+v", name, o.Files)
			continue
		}
		m, _ := o.MountAt(o.Files[i].Mount)
		if diff := cmp.Diff(observe.Mount{Point: filepath.Join(dir, "m"), Type: "tmpfs", Kind: observe.OtherMount, NoExec: true}, m); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// Calls of 32 bits have values too, which are not read.
func TestArgumentsOf32BitCallsAreUnknown(t *testing.T) {
	a, _ := archOf("amd64")
	k := start(t, "bulkhead-test-none", false).kernel
	data := make([]byte, phases*calls*countSize)
	at := (phaseStart*calls + compat + a.compat.Numbers()["personality"]) * countSize
	binary.NativeEndian.PutUint64(data[at+countAll:], 3)
	if err := k.Maps["counts"].Update(uint32(0), data, ebpf.UpdateAny); err != nil {
		t.Fatal(err)
	}
	var o observe.Observation
	if err := k.arguments(a, &o); err != nil {
		t.Fatal(err)
	}
	want := []observe.Arguments{{Syscall: "personality", Phase: observe.Start, Compat: true, Count: 3, Any: true}}
	if diff := cmp.Diff(want, o.Arguments); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The assembler writes every atomic operation that returns something as a plain
// addition (cilium/ebpf v0.22.0), so none may be used.
func TestNoAtomicButAddition(t *testing.T) {
	types, err := btf.LoadKernelSpec()
	if err != nil {
		t.Skipf("this kernel has no type information: %v", err)
	}
	a, _ := archOf("amd64")
	specs, err := programSpecs(types, a, []string{"x"}, true)
	if err != nil {
		t.Skipf("the kernel is of another architecture: %v", err)
	}
	additions := 0
	for name, spec := range specs {
		for _, ins := range spec.Instructions {
			switch op := ins.OpCode.AtomicOp(); op {
			case asm.InvalidAtomic:
			case asm.AddAtomic:
				additions++
			default:
				t.Errorf("%s: %v", name, ins)
			}
		}
	}
	if additions == 0 {
		t.Error("no addition was found either")
	}
}

// A kernel without the tracepoint has its function traced; where that is not
// possible either, capabilities are said to be unseen, never unused.
func TestKernelsWithoutTheTracepointOfCapabilities(t *testing.T) {
	for _, tt := range []struct {
		name   string
		at     checkpoints
		unseen bool
	}{
		{"its function is traced, where this kernel allows that", checkpoints{"no_such_tracepoint", capabilityChecks.function}, !tracesFunctions(t)},
		{"neither", checkpoints{"no_such_tracepoint", "no_such_function"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, name := cgroup(t, unified)
			r, err := watch([]string{name}, false, standard, tt.at, btf.LoadKernelSpec)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			})
			run(t, unified, dir, command(t, "chown"))
			o := stop(t, r)
			if got := o.Misses(observe.Capabilities); got != tt.unseen {
				t.Errorf("unseen: %+v", o.Unseen)
			}
			if !tt.unseen {
				if !slices.Contains(checked(o, "CHOWN"), "granted fchownat") {
					t.Errorf("the checks of CHOWN: %v", checked(o, "CHOWN"))
				}
				return
			}
			if said := strings.Join(observe.Predict(o).Doubts, " "); !strings.Contains(said, "neither the tracepoint cap_capable nor") {
				t.Errorf("the doubts are %q", said)
			}
			if len(o.Syscalls) == 0 {
				t.Error("what else it did is not seen")
			}
		})
	}
}

// tracesFunctions says whether this kernel loads programs for the end of a
// function at all; those without ftrace do not.
func tracesFunctions(t *testing.T) bool {
	t.Helper()
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFExit, AttachTo: capabilityChecks.function, License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		t.Logf("this kernel lets no function be traced: %v", err)
		return false
	}
	return p.Close() == nil
}

func TestWithoutTypeInformationItIsRefused(t *testing.T) {
	_, err := open(strings.Repeat("0", 64), false, func() (*btf.Spec, error) { return nil, ebpf.ErrNotSupported })
	var refused *observe.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Hint(), "CONFIG_DEBUG_INFO_BTF") {
		t.Errorf("the error is %v", err)
	}
	if _, err := Open("web", false); err == nil || !strings.Contains(err.Error(), "whole container ID") {
		t.Errorf("a name is taken for an ID: %v", err)
	}
}

// shellWork is what a shell does while strace watches too: it has one thread,
// so that its end takes no other one's calls along.
const shellWork = `i=0; while [ $i -lt 2000 ]; do : >> f; i=$((i+1)); done; mkdir d; ls / > d/list; (cd d; cat list) | wc -l; ln -s f g; rm g`

// besideStrace counts the calls of some acts in a watched container as strace -f
// does and as they were observed, from when the program executed itself again in
// the container.
func besideStrace(t testing.TB, acts ...string) (straces, ours map[string]uint64) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	dir, name := cgroup(t, legacy)
	r := start(t, name, false)
	inner := command(t, append([]string{"join:" + dir}, acts...)...)
	log := filepath.Join(t.TempDir(), "log")
	c := exec.Command(strace, append([]string{"-f", "-o", log}, inner.Args...)...)
	c.Dir, c.Env = inner.Dir, inner.Env
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ours = map[string]uint64{}
	for _, s := range stop(t, r).Syscalls {
		if s.Phase == observe.Start {
			ours[s.Name] += s.Count
		}
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return straced(string(text)), ours
}

// Every call after the program's own execution is counted as often as strace
// counts it.
func TestNothingIsLostAgainstStrace(t *testing.T) {
	want, got := besideStrace(t, "sh:"+shellWork)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-strace +observed):\n%s", diff)
	}
	if want["openat"] < 2000 {
		t.Errorf("strace saw only %d openat", want["openat"])
	}
}

// straced counts the calls in a log of strace -f once the second execve has
// ended, by which the program executes itself again: until then its other
// threads go on.
func straced(log string) map[string]uint64 {
	counts, executions := map[string]uint64{}, 0
	for line := range strings.Lines(log) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		call, _, ok := strings.Cut(strings.TrimSpace(rest), "(")
		// Others are the end of an interrupted call, a signal, an exit.
		if ok && !strings.ContainsAny(call, " <+-") && executions >= 2 {
			counts[call]++
		}
		if strings.Contains(rest, "execve") && strings.HasSuffix(rest, "= 0") {
			executions++
		}
	}
	return counts
}
