package trace

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/sysnum"
)

// Patience bounds how long the container's end waits for its record to be taken.
const Patience = 10 * time.Second

// tracer follows one process and everything that comes of it.
type tracer struct {
	native, compat sysnum.Table
	// ended is closed when the first process is about to end, or when no thread
	// is left; the first process goes on when release is.
	ended, release chan struct{}

	mu     sync.Mutex
	record *observe.Collector
	phase  observe.Phase
	unseen []observe.Gap
	tasks  map[int]*task
	// made are the sockets that were made, for processes out of reach.
	made map[descriptor]observe.Socket
	// opens are the names that files were opened by, for the same.
	opens map[descriptor]target
	// cwd are the directories that processes were last known to work in.
	cwd map[int]string
	// peaks are the most that was seen at once.
	peaks observe.Peaks
	root  int
	// kept is the thread of the first process that is left at its last stop, 0
	// for none: as long as it stands there the container lives.
	kept  int
	began bool
	// moved says that a process may have another root than the container's.
	moved bool
}

// follow seizes a process, and returns when it is traced.
func follow(pid int, phase observe.Phase) (*tracer, error) {
	native, compat, ok := sysnum.For(runtime.GOARCH)
	if !ok {
		return nil, &observe.RefusedError{Reason: "bulkhead knows no system calls of " + runtime.GOARCH, Next: "Observe on amd64."}
	}
	t := &tracer{
		native: native, compat: compat, ended: make(chan struct{}), release: make(chan struct{}),
		record: observe.NewCollector(), phase: phase, tasks: map[int]*task{}, made: map[descriptor]observe.Socket{}, cwd: map[int]string{}, root: pid, unseen: blind(),
	}
	t.look()
	seized := make(chan error, 1)
	go t.run(seized)
	return t, <-seized
}

// run traces from one operating system thread: the kernel takes no other's
// requests (ptrace(2)). The thread ends with the goroutine.
func (t *tracer) run(seized chan<- error) {
	runtime.LockOSThread()
	err := seize(t.root)
	if err == nil {
		err = ptrace(unix.PTRACE_INTERRUPT, t.root, 0, 0)
	}
	if err != nil {
		seized <- &observe.RefusedError{Reason: fmt.Sprintf("the kernel does not let the container's first process be traced: %v", err), Err: err,
			Next: "Tracing needs a seccomp profile that allows ptrace, and kernel.yama.ptrace_scope below 3."}
		return
	}
	seized <- nil
	for {
		var wait unix.WaitStatus
		tid, err := unix.Wait4(-1, &wait, unix.WALL, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil: // ECHILD: nobody is left
			t.end()
			return
		case t.stopped(tid, wait):
			t.hold()
		}
	}
}

// hold keeps the first process at its last stop until its record was taken.
func (t *tracer) hold() {
	t.end()
	select {
	case <-t.release:
	case <-time.After(Patience):
	}
	letEnd(t.kept)
	t.kept = 0
}

func (t *tracer) end() {
	select {
	case <-t.ended:
	default:
		close(t.ended)
	}
}

// The bits of a wait status above the signal (ptrace(2)).
const (
	eventStop = 128
	sysGood   = 0x80
)

// stopped handles one stop, or the end, of a thread, and lets it go on. It
// returns true where the first process is about to end: of it no more than the
// kept thread is left.
func (t *tracer) stopped(tid int, wait unix.WaitStatus) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !wait.Stopped() {
		delete(t.tasks, tid)
		delete(t.cwd, tid)
		return t.over()
	}
	k := t.task(tid)
	signal, event := wait.StopSignal(), int(wait)>>16
	switch {
	case event == eventStop && signal != unix.SIGTRAP:
		// A group-stop: it stays stopped, and SIGCONT still reaches it.
		_ = ptrace(listen, tid, 0, 0)
		return false
	case event == unix.PTRACE_EVENT_EXEC:
		t.executed(k)
	case event == unix.PTRACE_EVENT_EXIT:
		k.ending = true
		if t.keeps(k) {
			t.kept = tid
		} else {
			letEnd(tid)
		}
		return t.over()
	case event != 0:
	case signal == unix.SIGTRAP|sysGood:
		t.called(k)
	default:
		resume(tid, signal)
		return false
	}
	resume(tid, 0)
	return false
}

// task finds a thread, or makes one that is new.
func (t *tracer) task(tid int) *task {
	k := t.tasks[tid]
	if k == nil {
		s, err := readStatus(tid)
		if err != nil {
			s.group = tid
		}
		k = &task{tid: tid, group: s.group, exe: executable(tid)}
		for _, of := range []int{s.group, s.parent} {
			if from := t.tasks[of]; from != nil && k.exe == "" {
				k.exe = from.exe
			}
		}
		t.tasks[tid] = k
		t.peaks.Processes = max(t.peaks.Processes, uint64(len(t.tasks)))
		if cwd, err := link(tid, "cwd"); err == nil {
			t.cwd[k.group] = cwd
		} else if t.cwd[k.group] == "" {
			t.cwd[k.group] = t.cwd[s.parent]
		}
	}
	return k
}

// keeps says that a thread at its last stop is left there: the first one of a
// first process that ends as a whole. The others may miss theirs: killed in the
// middle of another stop, a thread comes to its last one and is let go from
// there, as if it still stood at the other.
func (t *tracer) keeps(k *task) bool {
	return k.group == t.root && t.kept == 0 && (t.alone() || t.wholeEnds(k))
}

// alone says that no thread of the first process is before its last stop.
func (t *tracer) alone() bool { return !t.others(func(other *task) bool { return !other.ending }) }

// others says that a thread of the first process is such a one.
func (t *tracer) others(such func(*task) bool) bool {
	for _, k := range t.tasks {
		if k.group == t.root && such(k) {
			return true
		}
	}
	return false
}

// over says that the first process ends with the thread that is kept.
func (t *tracer) over() bool { return t.kept != 0 && t.alone() }

// wholeEnds says that a thread ends because its process does: neither by itself,
// nor because another thread of it executes, nor alone by a seccomp filter
// (SECCOMP_RET_KILL_THREAD).
func (t *tracer) wholeEnds(k *task) bool {
	if k.call != nil && k.call.name == "exit" || t.others(func(other *task) bool { return other != k && other.executes() }) {
		return false
	}
	status, err := unix.PtraceGetEventMsg(k.tid)
	return err == nil && unix.WaitStatus(status).Signal() != unix.SIGSYS
}

// called handles the beginning or the end of a system call. Until the
// application begins it is this binary's own.
func (t *tracer) called(k *task) {
	info, err := stopInfo(k.tid)
	switch {
	case errors.Is(err, unix.ESRCH): // it was killed meanwhile, and calls nothing any more
		k.call = nil
	case err != nil:
		t.record.Lost.Events++
		k.call = nil
	case info.op == stopEntry:
		k.call = t.enter(k, info)
	case info.op == stopExit && k.call != nil:
		if t.began {
			t.leave(k, k.call, int64(info.union[0]))
		}
		k.call = nil
	}
}

// executed follows a thread that executes: it becomes its process's first one,
// and the others are gone (execve(2)).
func (t *tracer) executed(k *task) {
	old, err := unix.PtraceGetEventMsg(k.tid)
	if err == nil && int(old) != k.tid && t.tasks[int(old)] != nil {
		k.call = t.tasks[int(old)].call
	}
	for tid, other := range t.tasks {
		if other.group == k.group && tid != k.tid {
			delete(t.tasks, tid)
		}
	}
	k.ending, k.exe = false, executable(k.tid)
	if k.exe == "" && k.call != nil {
		k.exe = k.call.first.path // out of reach: the name has to do
	}
	s, err := readStatus(k.tid)
	if err != nil {
		t.record.Lost.Events++
		return
	}
	x := observe.Execution{Path: k.exe, UID: s.uid, From: s.uid}
	if k.call != nil {
		x.Named, x.From = k.call.asked, k.call.from
	}
	if !t.began {
		t.began, x.From = true, x.UID
		if t.phase == "" {
			t.phase = observe.Start
		}
		defer func() { k.call = nil }() // its own call was not the application's
	}
	x.Phase = t.phase
	t.ran(k)
	t.record.Execution(x)
}

// ran notes the file that a thread executes now and, where that is the
// interpreter of a script, the script.
func (t *tracer) ran(k *task) {
	files := map[string]bool{k.exe: k.call != nil && k.call.first.path == k.exe}
	if k.call != nil && isScript(k.call.first.path) {
		files[k.call.first.path] = true
	}
	for name, named := range files {
		if name == "" {
			continue
		}
		if f := t.record.File(name, t.phase); f != nil {
			f.Named = f.Named && named
			f.Accessed(observe.Executed)
		}
	}
}

// isScript says that a file begins as a script does (execve(2)).
func isScript(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	start := make([]byte, 2)
	n, _ := f.Read(start) // what is shorter is no script
	return string(start[:n]) == "#!"
}

// mark marks the phase that begins now.
func (t *tracer) mark(p observe.Phase) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.phase = p
}

// observation is what was seen so far.
func (t *tracer) observation() observe.Observation {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := observe.Observation{Runs: 1, Arch: runtime.GOARCH, Kernel: kernelRelease(), Began: t.began, Unseen: t.unseen}
	t.record.Fill(&o)
	o.Peaks = t.peaks
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return o.Sorted() // without it no file says where it lies
	}
	o.Mounts = parseMounts(string(mounts))
	return o.WithMounts()
}

func kernelRelease() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "unknown"
	}
	release, _, _ := bytes.Cut(name.Release[:], []byte{0})
	return string(release)
}
