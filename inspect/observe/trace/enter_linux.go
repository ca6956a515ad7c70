package trace

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// What a shell and docker run exit with where a program cannot be run, and
// where something else kept it from running.
const (
	exitNotTraced = 125
	exitNotRun    = 126
	exitNotFound  = 127
)

// waiting bounds how long the entrypoint waits for its tracer.
const waiting = time.Minute

// The first thread is the one that is traced, so it has to be the one that
// executes: an execution by another one would end it (execve(2)).
func init() {
	if len(os.Args) > len(EnterCommand) && slices.Equal(os.Args[1:1+len(EnterCommand)], EnterCommand) {
		runtime.LockOSThread()
	}
}

// Enter is the copy's entrypoint: it waits until it is traced and becomes the
// program that the arguments name, the first of which is the mark it is known
// by. It returns an exit code where that did not come to be.
func Enter(args []string, errOut io.Writer) int {
	if len(args) < 2 || unix.Gettid() != unix.Getpid() {
		fmt.Fprintln(errOut, "bulkhead: this is run by bulkhead itself, to observe a program")
		return exitNotTraced
	}
	// Yama lets no one but an ancestor trace (Linux, admin-guide/LSM/Yama).
	// Without Yama it is refused, and not needed.
	_ = unix.Prctl(unix.PR_SET_PTRACER, ^uintptr(0), 0, 0, 0)
	if !traced(waiting) {
		fmt.Fprintf(errOut, "bulkhead: nobody came within %s to observe this container\n", waiting)
		return exitNotTraced
	}
	argv := args[1:]
	name, err := exec.LookPath(argv[0])
	if err == nil || errors.Is(err, exec.ErrDot) {
		err = unix.Exec(name, argv, os.Environ())
	}
	fmt.Fprintf(errOut, "bulkhead: executing %q: %v\n", argv[0], err)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return exitNotFound
	}
	return exitNotRun
}

// traced waits until this thread is traced.
func traced(most time.Duration) bool {
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if s, err := readStatus(unix.Getpid()); err == nil && s.tracer != 0 {
			return true
		}
	}
	return false
}
