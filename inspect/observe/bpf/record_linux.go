package bpf

import (
	"cmp"
	"maps"
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/sysnum"
)

// The bounds of what a recording holds of the world outside.
const (
	maxFiles      = 20_000
	maxExecutions = 5_000
)

// record puts the events of a recording together. It belongs to one goroutine
// at a time.
type record struct {
	calls      sysnum.Table
	files      map[string]*observe.File
	executions map[observe.Execution]uint64
	names      map[executable]string
	lost       observe.Lost
}

func newRecord(calls sysnum.Table) *record {
	return &record{
		calls: calls, files: map[string]*observe.File{}, executions: map[observe.Execution]uint64{}, names: map[executable]string{},
	}
}

// take adds one entry of the ring.
func (r *record) take(data []byte) {
	e, err := decode(data)
	if err != nil {
		r.lost.Events++
		return
	}
	switch e.kind {
	case eventOpened:
		r.opened(e)
	case eventPath:
		r.named(e)
	case eventExec:
		r.executed(e)
	case eventRunning:
		r.names[e.exe] = e.base
	default:
		r.lost.Events++
	}
}

// opened adds a file that was opened.
func (r *record) opened(e event) {
	if e.flags&flagNowhere != 0 {
		return
	}
	f := r.file(e.base, e)
	if f == nil {
		return
	}
	f.Named, f.Kind = false, kindOf(e.imode)
	for bit, access := range map[uint32]observe.Access{fmodeRead: observe.Read, fmodeWrite: observe.Written, fmodeCreated: observe.Created} {
		if e.fmode&bit != 0 {
			f.Access = with(f.Access, access)
		}
	}
}

// named adds a file that a call named by its path or by a descriptor.
func (r *record) named(e event) {
	call := r.calls.Name(int(e.call))
	if call == "bind" && e.argument == "" {
		return // an abstract address is no file
	}
	if e.argument == "" && e.flags&flagNowhere != 0 {
		return
	}
	f := r.file(path.Join(e.base, e.argument), e)
	if f == nil {
		return
	}
	if e.ret < 0 {
		f.Refused = with(f.Refused, refusedWith(e.ret))
		return
	}
	if access := accessOf(call, e.flags&flagSecond != 0); access != "" {
		f.Access = with(f.Access, access)
	}
}

// file finds or makes the entry of a path and marks the phase.
func (r *record) file(name string, e event) *observe.File {
	f := r.files[name]
	if f == nil {
		if len(r.files) == maxFiles {
			r.lost.Entries++
			return nil
		}
		f = &observe.File{Path: name, Named: true}
		r.files[name] = f
	}
	f.Cut = f.Cut || e.flags&(flagCut|flagArgCut) != 0
	f.Phases = with(f.Phases, phaseNamed(e.phase))
	return f
}

// executed adds an execution.
func (r *record) executed(e event) {
	r.names[e.exe] = e.base
	x := observe.Execution{
		Path: e.base, Named: e.argument, UID: e.uid, From: e.from, Phase: phaseNamed(e.phase), Cut: e.flags&(flagCut|flagArgCut) != 0,
	}
	if _, known := r.executions[x]; !known && len(r.executions) == maxExecutions {
		r.lost.Entries++
		return
	}
	r.executions[x]++
}

// fill puts what was recorded into an observation.
func (r *record) fill(o *observe.Observation) {
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		f := *r.files[name]
		f.Access, f.Refused, f.Phases = slices.Clone(f.Access), slices.Clone(f.Refused), slices.Clone(f.Phases)
		slices.Sort(f.Access)
		slices.Sort(f.Refused)
		slices.SortFunc(f.Phases, observe.ComparePhases)
		o.Files = append(o.Files, f)
	}
	for x, n := range r.executions {
		x.Count = n
		o.Executions = append(o.Executions, x)
	}
	o.Lost.Events += r.lost.Events
	o.Lost.Entries += r.lost.Entries
}

func with[T comparable](list []T, one T) []T {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}

func phaseNamed(n uint8) observe.Phase {
	return observe.Phases[min(int(n), len(observe.Phases)-1)]
}

// accessOf says what a call that succeeded did to the path it was given, or to
// the second of them. Empty is for calls that say more elsewhere.
func accessOf(call string, second bool) observe.Access {
	switch call {
	case "mkdir", "mkdirat", "mknod", "mknodat", "link", "linkat", "symlink", "symlinkat", "bind":
		return observe.Created
	case "unlink", "unlinkat", "rmdir":
		return observe.Removed
	case "rename", "renameat", "renameat2":
		if second {
			return observe.Created
		}
		return observe.Removed
	case "truncate":
		return observe.Written
	case "open", "openat", "openat2", "creat":
		return ""
	}
	return observe.Changed
}

func refusedWith(ret int64) string {
	return cmp.Or(unix.ErrnoName(unix.Errno(-ret)), "unknown")
}

// kindOf names the type in the bits of inode.i_mode (inode(7)).
func kindOf(mode uint16) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return "file"
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFCHR:
		return "character device"
	case unix.S_IFBLK:
		return "block device"
	case unix.S_IFIFO:
		return "pipe"
	case unix.S_IFSOCK:
		return "socket"
	}
	return ""
}
