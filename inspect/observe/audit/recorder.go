package audit

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/sysnum"
)

// maxPIDs bounds how many processes are remembered.
const maxPIDs = 65_536

// reader counts records as they come. It belongs to many goroutines.
type reader struct {
	native, compat sysnum.Table
	nativeArch     uint32

	mu sync.Mutex
	// last is the serial number of the newest event, 0 before the first.
	last uint64
	// overrun says that records were dropped and none has come since.
	overrun bool
	// strangers are the processes that were logged before the copy was started;
	// others says that there were any.
	strangers map[int]bool
	others    bool

	// What follows is of the watch under way.
	began    bool
	marks    []mark
	copies   map[int]bool // as the engine lists them
	listed   *observe.Collector
	unlisted *observe.Collector
	// guessed counts the calls in unlisted.
	guessed uint64
	// runtime is what the container's runtime executes, as records name it.
	runtime *string
	// started says that something else was executed.
	started bool
	lost    uint64
}

// mark is the beginning of a phase.
type mark struct {
	at    time.Time
	phase observe.Phase
}

// archs are the AUDIT_ARCH numbers of native calls (linux/audit.h).
var archs = map[string]uint32{"amd64": 0xc000003e, "arm64": 0xc00000b7}

func newReader(arch string) (*reader, error) {
	native, compat, ok := sysnum.For(arch)
	if !ok {
		return nil, &observe.RefusedError{Reason: "bulkhead knows no system calls of " + arch, Next: "Observe on amd64 or arm64."}
	}
	return &reader{native: native, compat: compat, nativeArch: archs[arch], strangers: map[int]bool{}}, nil
}

// take counts one message of the multicast group. Of those that are not
// seccomp's only the serial number says something.
func (r *reader) take(seccomp bool, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, serial, _, err := stamp(text)
	if err != nil {
		r.lost++
		return
	}
	if r.last != 0 && serial > r.last+1 {
		r.lost += serial - r.last - 1
	}
	r.last, r.overrun = max(r.last, serial), false
	if !seccomp {
		return
	}
	rec, err := parse(text)
	switch {
	case err != nil:
		r.lost++
	case !rec.logged:
	case !r.began:
		r.others = true
		if len(r.strangers) < maxPIDs {
			r.strangers[rec.pid] = true
		}
	case !r.strangers[rec.pid]:
		r.count(rec)
	}
}

// missed counts a message that could not be read.
func (r *reader) missed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost++
}

// overran remembers that the socket had no room: what was lost by that shows in
// the serial number of the next record.
func (r *reader) overran() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.overrun = true
}

// count counts a call of the copy, or of a process that may be.
func (r *reader) count(rec record) {
	if r.runtime == nil {
		r.runtime = &rec.exe
	}
	phase := observe.Confined
	if rec.exe != *r.runtime {
		r.started, phase = true, r.phase(rec.at)
	}
	into := r.listed
	if !r.copies[rec.pid] {
		into = r.unlisted
		r.guessed++
	}
	table := r.compat
	if rec.arch == r.nativeArch {
		table = r.native
	}
	into.Syscall(table.Name(rec.syscall), phase, rec.arch != r.nativeArch).Count++
}

// clockTick is by how much a record's time may lie behind the clock: the kernel
// stamps them with the last tick (ktime_get_coarse_real_ts64), and in whole
// milliseconds.
const clockTick = 11 * time.Millisecond

// phase is the one that a record falls into.
func (r *reader) phase(at time.Time) observe.Phase {
	for _, m := range slices.Backward(r.marks) {
		if !at.Add(clockTick).Before(m.at) {
			return m.phase
		}
	}
	return observe.Start
}

// begin begins a watch of a copy that has not been started.
func (r *reader) begin() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.began {
		return errors.New("there is a watch already")
	}
	r.began, r.marks, r.copies, r.lost = true, nil, map[int]bool{}, 0
	r.listed, r.unlisted, r.guessed, r.runtime, r.started = observe.NewCollector(), observe.NewCollector(), 0, nil, false
	return nil
}

// List says which processes the engine lists as the copy's.
func (r *reader) List(pids []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, pid := range pids {
		if len(r.copies) < maxPIDs {
			r.copies[pid] = true
		}
	}
}

// Phase marks the phase that begins now.
func (r *reader) Phase(p observe.Phase) error {
	if slices.Index(observe.Phases, p) < slices.Index(observe.Phases, observe.Start) {
		return fmt.Errorf("there is no phase %q to mark", p)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marks = append(r.marks, mark{time.Now(), p})
	if len(r.marks) > maxMarks {
		r.marks = r.marks[1:]
	}
	return nil
}

// maxMarks bounds how many changes of phase are remembered; a life has seven.
const maxMarks = 64

// Stop ends the watch. A copy of which nothing was logged was not watched: that
// is an *observe.RefusedError.
func (r *reader) Stop() (observe.Observation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.began {
		return observe.Observation{}, errors.New("there is no watch to stop")
	}
	r.began = false
	if r.overrun {
		r.lost++
	}
	o := observe.Observation{Runs: 1, Arch: runtime.GOARCH, Kernel: kernelRelease(), Began: r.started, Unseen: blind()}
	r.listed.Fill(&o)
	switch {
	case r.guessed == 0:
	case r.others:
		r.lost += r.guessed
		o.Unseen = append(o.Unseen, observe.Gap{Aspect: observe.Others, Reason: fmt.Sprintf(
			"something else on the host has its system calls logged, and %d logged calls are of processes that the engine was not seen to list as the copy's", r.guessed)})
	default:
		var more observe.Observation
		r.unlisted.Fill(&more)
		more.Runs, more.Arch, more.Kernel, more.Began = 0, o.Arch, o.Kernel, o.Began
		o = observe.Merge(o, more)
		o.Unseen = append(o.Unseen, observe.Gap{Aspect: observe.Attribution, Reason: fmt.Sprintf(
			"%d logged calls are of processes that ended before the engine listed them; they are taken for the copy's, as nothing else on the host logged before it was started", r.guessed)})
	}
	o.Lost.Events += r.lost
	if len(o.Syscalls) == 0 {
		return observe.Observation{}, &observe.RefusedError{
			Reason: "the kernel logged no system call of the copy where the helper can read it",
			Next:   "The kernel needs CONFIG_AUDIT, seccomp with the action log in kernel.seccomp.actions_logged, and an engine that does not run in a container itself.",
		}
	}
	return o.Sorted(), nil
}

// Close ends what is under way.
func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.began = false
	return nil
}

// blind are the aspects that the log does not show.
func blind() []observe.Gap {
	return []observe.Gap{
		{Aspect: observe.Capabilities, Reason: "the kernel's log names system calls only"},
		{Aspect: observe.Details, Reason: "the kernel's log names system calls only"},
		{Aspect: observe.FileCapabilities, Reason: "the kernel's log does not say what was executed"},
		{Aspect: observe.Beginning, Reason: "the container's runtime had done most of its work when logging began"},
		{Aspect: observe.Filters, Reason: "the copy ran without a seccomp profile of its own, so calls that it answers were let through"},
	}
}
