package trace

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/act"
	"bulkhead/inspect/observe/act/expect"
	"bulkhead/inspect/observe/wire"
)

// built is the tracer and what it traces as one static program.
var built string

func TestMain(m *testing.M) {
	code, err := testAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func testAll(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "bulkhead-trace")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return 0, err
	}
	built = filepath.Join(dir, "program.test")
	build := exec.Command("go", "build", "-o", built, "./testdata/program")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building the test program: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// direct traces acts on this machine, without a container.
func direct(t *testing.T, acts ...string) (observe.Observation, string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("the acts need root")
	}
	dir := t.TempDir()
	for d := dir; strings.HasPrefix(d, os.TempDir()+"/"); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command(built, append([]string{act.Word}, acts...)...)
	c.Dir = dir
	seen, said, err := underTracer(t, c)
	if err != nil && !slices.ContainsFunc(acts, func(a string) bool { return strings.HasPrefix(a, "-") }) {
		t.Fatalf("%v: %v\n%s", acts, err, said)
	}
	return seen, dir
}

// underTracer runs a command under the tracer, to its end.
func underTracer(t *testing.T, c *exec.Cmd) (seen observe.Observation, said string, failed error) {
	t.Helper()
	return tracedUntil(t, c, func() {})
}

// tracedUntil is underTracer for a command that end is to end. The command must
// not be gone before what was seen of it has been taken: a container would be,
// and the tracer with it.
func tracedUntil(t *testing.T, c *exec.Cmd, end func()) (seen observe.Observation, said string, failed error) {
	t.Helper()
	mark := rand.Text()
	c.Args = slices.Concat([]string{built}, EnterCommand, []string{mark}, []string{c.Path}, c.Args[1:])
	c.Path = built
	var output bytes.Buffer
	c.Stdout, c.Stderr = &output, &output
	tracer := exec.Command(built, ServeCommand...)
	tracer.Stderr = os.Stderr
	in, err := tracer.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := tracer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Start(), tracer.Start(), json.NewEncoder(in).Encode(wire.Request{Watch: &wire.Watch{ID: mark}})); err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(out)
	var first, last wire.Answer
	if err := answers.Decode(&first); err != nil || first.Err() != nil {
		t.Fatal(err, first.Err())
	}
	end()
	if err := answers.Decode(&last); err != nil || last.Observation == nil {
		t.Fatal(err, last)
	}
	if !held(c.Process.Pid) {
		t.Error("it was gone before its record was taken")
	}
	in.Close()
	failed = c.Wait()
	if err := tracer.Wait(); err != nil {
		t.Error(err)
	}
	if last.Observation.Lost.Any() {
		t.Errorf("lost: %s", last.Observation.Lost)
	}
	return *last.Observation, output.String(), failed
}

// held says that a thread of the process is stopped by its tracer (proc_pid_stat(5)).
func held(pid int) bool {
	names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid)) // the pattern is sound
	return slices.ContainsFunc(names, func(name string) bool {
		line, err := os.ReadFile(name)
		_, state, _ := strings.Cut(string(line), ") ")
		return err == nil && strings.HasPrefix(state, "t")
	})
}

// A process that ends in the middle of its threads' system calls, or is killed,
// is held until its record was taken, whichever of its threads ends last.
func TestTheEndIsHeld(t *testing.T) {
	for range 40 {
		c := exec.Command(built, act.Word, "busy")
		if _, said, err := underTracer(t, c); err != nil {
			t.Fatal(err, said)
		}
		c = exec.Command(built, act.Word, "usr1")
		_, said, err := tracedUntil(t, c, func() {
			time.Sleep(50 * time.Millisecond) // it waits by now, or is on its way
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		})
		if err == nil {
			t.Fatal("it was not killed: ", said)
		}
	}
}

func TestActsAreRecognised(t *testing.T) { expect.Acts(t, direct) }

// What ptrace cannot see is said, and no check is claimed.
func TestCapabilitiesAreUnknown(t *testing.T) {
	seen, _ := direct(t, "-SETGID", "setgid")
	if len(seen.Checks) > 0 || !slices.ContainsFunc(seen.Unseen, func(g observe.Gap) bool { return g.Aspect == observe.Capabilities }) {
		t.Errorf("checks %v, not seen %v", seen.Checks, seen.Unseen)
	}
	if len(observe.Predict(seen).Doubts) == 0 {
		t.Error("the prediction has no doubts")
	}
	if !slices.Contains(seen.Syscalls, observe.Syscall{Name: "setgid", Phase: observe.Start, Count: 1, Denied: 1}) {
		t.Errorf("the refusal is not among %+v", seen.Syscalls)
	}
}

func TestADeepPathIsWhole(t *testing.T) {
	seen, dir := direct(t, "deep")
	want := filepath.Join(dir, strings.Repeat("deep/", 80), "f")
	if !slices.ContainsFunc(seen.Files, func(f observe.File) bool { return f.Path == want && !f.Cut }) {
		t.Errorf("%s is not among the files", want)
	}
}

// shellWork is what a shell does while strace watches too.
const shellWork = `i=0; while [ $i -lt 2000 ]; do : >> f; i=$((i+1)); done; mkdir d; ls / > d/list; (cd d; cat list) | wc -l; ln -s f g; rm g`

// Every call after the program's own execution is counted as often as strace
// counts it.
func TestNothingIsLostAgainstStrace(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	log := filepath.Join(t.TempDir(), "log")
	c := exec.Command(strace, "-f", "-o", log, "/bin/sh", "-c", shellWork)
	c.Dir = t.TempDir()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	c = exec.Command("/bin/sh", "-c", shellWork)
	c.Dir = t.TempDir()
	seen, said, err := underTracer(t, c)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	got := map[string]uint64{}
	for _, s := range seen.Syscalls {
		got[s.Name] += s.Count
	}
	want := straced(string(text))
	want["execve"]-- // the first, by which the program begins
	// Children that end at once share a signal: that is another in each run.
	delete(want, "rt_sigreturn")
	delete(got, "rt_sigreturn")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-strace +observed):\n%s", diff)
	}
	if want["openat"] < 2000 {
		t.Errorf("strace saw only %d openat", want["openat"])
	}
}

// straced counts the calls in a log of strace -f.
func straced(log string) map[string]uint64 {
	counts := map[string]uint64{}
	for line := range strings.Lines(log) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		call, _, ok := strings.Cut(strings.TrimSpace(rest), "(")
		// Others are the end of an interrupted call, a signal, an exit.
		if ok && !strings.ContainsAny(call, " <+-") {
			counts[call]++
		}
	}
	return counts
}
