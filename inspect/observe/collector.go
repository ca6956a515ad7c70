package observe

import "slices"

// The bounds of what a Collector holds of each kind, whatever a container does.
const (
	MaxFiles      = 20_000
	MaxExecutions = 5_000
	MaxTallies    = 5_000
)

// Collector puts together what an observer sees of a container that is watched,
// every kind up to its bound; what is beyond it, Lost counts. It belongs to one
// goroutine at a time.
type Collector struct {
	// Lost is what the observer could not record either.
	Lost Lost

	calls      map[Syscall]*Syscall
	arguments  map[argumentsID]*Arguments
	files      map[string]*File
	mounts     map[string]*Mount
	executions map[Execution]uint64
	identities map[Identity]uint64
	sockets    map[Socket]uint64
	signals    map[Signal]uint64
}

// NewCollector returns one that holds nothing.
func NewCollector() *Collector {
	return &Collector{
		calls: map[Syscall]*Syscall{}, arguments: map[argumentsID]*Arguments{}, files: map[string]*File{}, mounts: map[string]*Mount{}, executions: map[Execution]uint64{},
		identities: map[Identity]uint64{}, sockets: map[Socket]uint64{}, signals: map[Signal]uint64{},
	}
}

// Syscall finds or makes the counts of a system call in a phase. Their number is
// bounded by the names that callers know.
func (c *Collector) Syscall(name string, phase Phase, compat bool) *Syscall {
	key := Syscall{Name: name, Phase: phase, Compat: compat}
	s := c.calls[key]
	if s == nil {
		s = &Syscall{Name: name, Phase: phase, Compat: compat}
		c.calls[key] = s
	}
	return s
}

// Arguments counts one call with its values, or one of which they are not known;
// its own Count is not looked at. Beyond the bound no values are known.
func (c *Collector) Arguments(a Arguments) {
	if found := c.arguments[argumentsKey(a)]; found != nil {
		found.Count++
		return
	}
	if len(c.arguments) >= MaxTallies && !a.Any {
		a.Any, a.Values = true, nil
		c.Arguments(a)
		return
	}
	a.Count, a.Values = 1, slices.Clone(a.Values)
	c.arguments[argumentsKey(a)] = &a
}

// Mount notes a mount that a file lies on.
func (c *Collector) Mount(m Mount) {
	if c.mounts[m.Point] == nil && len(c.mounts) < MaxTallies {
		c.mounts[m.Point] = &m
	}
}

// File finds the entry of a path, or makes one that is only Named, and marks the
// phase; nil where there are too many.
func (c *Collector) File(path string, phase Phase) *File {
	f := c.files[path]
	if f == nil {
		if len(c.files) >= MaxFiles {
			c.Lost.Entries++
			return nil
		}
		f = &File{Path: path, Named: true}
		c.files[path] = f
	}
	f.Phases = with(f.Phases, phase)
	return f
}

// Accessed adds what was done with the file, once.
func (f *File) Accessed(a Access) { f.Access = with(f.Access, a) }

// WrittenBy adds a user that wrote it, once.
func (f *File) WrittenBy(uid uint32) { f.Writers = with(f.Writers, uid) }

// Refuse adds the error that an access to the file met, once.
func (f *File) Refuse(name string) { f.Refused = with(f.Refused, name) }

// Execution counts one; its own Count is not looked at.
func (c *Collector) Execution(x Execution) {
	x.Count = 0
	add(c.executions, x, MaxExecutions, &c.Lost.Entries)
}

// Identity counts one; its own Count is not looked at.
func (c *Collector) Identity(i Identity) {
	i.Count = 0
	add(c.identities, i, MaxTallies, &c.Lost.Checks)
}

// Socket counts one; its own Count is not looked at.
func (c *Collector) Socket(s Socket) {
	s.Count = 0
	add(c.sockets, s, MaxTallies, &c.Lost.Checks)
}

// Signal counts one; its own Count is not looked at.
func (c *Collector) Signal(s Signal) {
	s.Count = 0
	add(c.signals, s, MaxTallies, &c.Lost.Checks)
}

// add adds one to an entry, or to what was lost where there are too many.
func add[K comparable](m map[K]uint64, key K, most int, lost *uint64) {
	if _, known := m[key]; !known && len(m) >= most {
		*lost++
		return
	}
	m[key]++
}

func with[T comparable](list []T, one T) []T {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}

// Fill adds copies of what was collected to an observation, which Sorted puts
// in order, and says what all its system calls say of it.
func (c *Collector) Fill(o *Observation) {
	for _, f := range c.files {
		one := *f
		one.Access, one.Refused, one.Phases = slices.Sorted(slices.Values(f.Access)), slices.Sorted(slices.Values(f.Refused)), slices.Clone(f.Phases)
		one.Writers = slices.Sorted(slices.Values(f.Writers))
		slices.SortFunc(one.Phases, ComparePhases)
		o.Files = append(o.Files, one)
	}
	for _, s := range c.calls {
		o.Syscalls = append(o.Syscalls, *s)
	}
	for _, s := range o.Syscalls {
		o.Compat = o.Compat || s.Compat
		o.IOURing = o.IOURing || s.Name == "io_uring_setup"
	}
	for _, a := range c.arguments {
		o.Arguments = append(o.Arguments, *a)
	}
	for _, m := range c.mounts {
		o.Mounts = append(o.Mounts, *m)
	}
	for x, n := range c.executions {
		x.Count = n
		o.Executions = append(o.Executions, x)
	}
	for i, n := range c.identities {
		i.Count = n
		o.Identities = append(o.Identities, i)
	}
	for s, n := range c.sockets {
		s.Count = n
		o.Sockets = append(o.Sockets, s)
	}
	for s, n := range c.signals {
		s.Count = n
		o.Signals = append(o.Signals, s)
	}
	o.Lost = o.Lost.plus(c.Lost)
}
