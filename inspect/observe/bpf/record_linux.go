package bpf

import (
	"path"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/syscalls"
	"bulkhead/inspect/observe/sysnum"
)

// record puts the events of a recording together. It belongs to one goroutine
// at a time.
type record struct {
	*observe.Collector
	calls sysnum.Table
	names map[executable]string
}

func newRecord(calls sysnum.Table) *record {
	return &record{Collector: observe.NewCollector(), calls: calls, names: map[executable]string{}}
}

// take adds one entry of the ring.
func (r *record) take(data []byte) {
	e, err := decode(data)
	if err != nil {
		r.Lost.Events++
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
		r.Lost.Events++
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
	f.Named, f.Kind, f.Mount = false, syscalls.Kind(uint32(e.imode)), e.mount.point
	if f.Owner == nil {
		f.Owner = &e.owner
	}
	for bit, access := range opens {
		if e.fmode&bit != 0 {
			f.Accessed(access)
		}
	}
	if e.fmode&(fmodeWrite|fmodeCreated) != 0 {
		f.WrittenBy(e.uid)
		if f.Directory == nil {
			f.Directory = &e.directory
		}
	}
}

// opens are what the bits of an event say was done with a file.
var opens = map[uint32]observe.Access{
	fmodeRead: observe.Read, fmodeWrite: observe.Written, fmodeCreated: observe.Created, fmodeMapped: observe.Mapped, fmodeLocked: observe.Locked,
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
		f.Refuse(syscalls.Refusal(e.ret))
		return
	}
	if access := syscalls.Access(call, e.flags&flagSecond != 0); access != "" {
		f.Accessed(access)
		if access.Writes() {
			f.WrittenBy(e.uid)
		}
	}
}

// file finds or makes the entry of a path and marks the phase.
func (r *record) file(name string, e event) *observe.File {
	if m := e.mount; m.point != "" {
		r.Mount(observe.Mount{Point: m.point, Type: m.fstype, ReadOnly: m.flags&mntReadOnly != 0, NoExec: m.flags&mntNoExec != 0})
	}
	f := r.File(name, phaseNamed(e.phase))
	if f != nil {
		f.Cut = f.Cut || e.flags&(flagCut|flagArgCut) != 0
	}
	return f
}

// The flags of struct vfsmount (include/linux/mount.h, Linux 6.12).
const (
	mntNoExec   = 0x04
	mntReadOnly = 0x40
)

// executed adds an execution.
func (r *record) executed(e event) {
	r.names[e.exe] = e.base
	if f := r.file(e.base, e); f != nil && e.flags&flagNowhere == 0 {
		f.Named, f.Mount = false, e.mount.point
		f.Accessed(observe.Executed)
	}
	if e.flags&flagScript != 0 && path.IsAbs(e.argument) {
		if f := r.file(path.Clean(e.argument), e); f != nil {
			f.Accessed(observe.Executed)
		}
	}
	r.Execution(observe.Execution{
		Path: e.base, Named: e.argument, UID: e.uid, From: e.from, Phase: phaseNamed(e.phase), Cut: e.flags&(flagCut|flagArgCut) != 0,
	})
}

func phaseNamed(n uint8) observe.Phase {
	return observe.Phases[min(int(n), len(observe.Phases)-1)]
}
