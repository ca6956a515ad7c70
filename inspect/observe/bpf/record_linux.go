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
	f.Named, f.Kind = false, syscalls.Kind(uint32(e.imode))
	for bit, access := range map[uint32]observe.Access{fmodeRead: observe.Read, fmodeWrite: observe.Written, fmodeCreated: observe.Created} {
		if e.fmode&bit != 0 {
			f.Accessed(access)
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
		f.Refuse(syscalls.Refusal(e.ret))
		return
	}
	if access := syscalls.Access(call, e.flags&flagSecond != 0); access != "" {
		f.Accessed(access)
	}
}

// file finds or makes the entry of a path and marks the phase.
func (r *record) file(name string, e event) *observe.File {
	f := r.File(name, phaseNamed(e.phase))
	if f != nil {
		f.Cut = f.Cut || e.flags&(flagCut|flagArgCut) != 0
	}
	return f
}

// executed adds an execution.
func (r *record) executed(e event) {
	r.names[e.exe] = e.base
	r.Execution(observe.Execution{
		Path: e.base, Named: e.argument, UID: e.uid, From: e.from, Phase: phaseNamed(e.phase), Cut: e.flags&(flagCut|flagArgCut) != 0,
	})
}

func phaseNamed(n uint8) observe.Phase {
	return observe.Phases[min(int(n), len(observe.Phases)-1)]
}
