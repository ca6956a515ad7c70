package bpf

import (
	"maps"
	"path"
	"slices"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/syscalls"
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
	f.Named, f.Kind = false, syscalls.Kind(uint32(e.imode))
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
		f.Refused = with(f.Refused, syscalls.Refusal(e.ret))
		return
	}
	if access := syscalls.Access(call, e.flags&flagSecond != 0); access != "" {
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
