package trace

import (
	"slices"
	"strings"

	"bulkhead/inspect/observe"
)

// The bounds of what a record holds.
const (
	maxFiles      = 20_000
	maxExecutions = 5_000
	maxTallies    = 5_000
)

// record is what was seen so far.
type record struct {
	files      map[string]*observe.File
	calls      map[observe.Syscall]*observe.Syscall
	executions map[observe.Execution]uint64
	identities map[observe.Identity]uint64
	sockets    map[observe.Socket]uint64
	signals    map[observe.Signal]uint64
	lost       observe.Lost
}

func newRecord() *record {
	return &record{
		files: map[string]*observe.File{}, calls: map[observe.Syscall]*observe.Syscall{}, executions: map[observe.Execution]uint64{},
		identities: map[observe.Identity]uint64{}, sockets: map[observe.Socket]uint64{}, signals: map[observe.Signal]uint64{},
	}
}

// count adds one to an entry, or to what was lost where there are too many.
func count[K comparable](m map[K]uint64, key K, most int, lost *uint64) {
	if _, known := m[key]; !known && len(m) >= most {
		*lost++
		return
	}
	m[key]++
}

// call finds the counts of a system call in a phase.
func (r *record) call(c *call, phase observe.Phase) *observe.Syscall {
	key := observe.Syscall{Name: c.name, Phase: phase, Compat: c.compat}
	s := r.calls[key]
	if s == nil {
		s = &observe.Syscall{Name: c.name, Phase: phase, Compat: c.compat}
		r.calls[key] = s
	}
	return s
}

// file finds or makes the entry of a path and marks the phase; nil where there
// are too many.
func (r *record) file(path string, phase observe.Phase) *observe.File {
	f := r.files[path]
	if f == nil {
		if len(r.files) >= maxFiles {
			r.lost.Entries++
			return nil
		}
		f = &observe.File{Path: path, Named: true}
		r.files[path] = f
	}
	f.Phases = with(f.Phases, phase)
	return f
}

func with[T comparable](list []T, one T) []T {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}

// fill copies what was seen into an observation.
func (r *record) fill(o *observe.Observation) {
	for _, f := range r.files {
		one := *f
		one.Access, one.Refused, one.Phases = slices.Clone(f.Access), slices.Clone(f.Refused), slices.Clone(f.Phases)
		slices.Sort(one.Access)
		slices.Sort(one.Refused)
		slices.SortFunc(one.Phases, observe.ComparePhases)
		o.Files = append(o.Files, one)
	}
	for _, s := range r.calls {
		o.Syscalls = append(o.Syscalls, *s)
		o.Compat = o.Compat || s.Compat
		o.IOURing = o.IOURing || s.Name == "io_uring_setup"
	}
	for x, n := range r.executions {
		x.Count = n
		o.Executions = append(o.Executions, x)
	}
	for i, n := range r.identities {
		i.Count = n
		o.Identities = append(o.Identities, i)
	}
	for s, n := range r.sockets {
		s.Count = n
		o.Sockets = append(o.Sockets, s)
	}
	for s, n := range r.signals {
		s.Count = n
		o.Signals = append(o.Signals, s)
	}
	o.Lost = r.lost
}

// place is a path that leads to a file: pipes, sockets and memory files have
// none. A removed file keeps its former one.
func place(path string) (string, bool) {
	return strings.TrimSuffix(path, " (deleted)"), strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "/memfd:")
}
