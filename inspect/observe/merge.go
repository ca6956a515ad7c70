package observe

import (
	"cmp"
	"slices"
	"strings"
)

// Merge puts several observations of the same workload together: counts add
// up, and what one of them did not see the others may have: a beginning that one
// run was watched from is missed no more. Without any it is the empty observation
// of no run.
func Merge(list ...Observation) Observation {
	var out Observation
	live := len(list) > 0
	for _, o := range list {
		out.Runs += o.Runs
		out.Arch, out.Kernel = also(out.Arch, o.Arch), also(out.Kernel, o.Kernel)
		out.Began, live = out.Began || o.Began, live && o.Live
		out.Compat, out.IOURing = out.Compat || o.Compat, out.IOURing || o.IOURing
		out.Lost, out.Peaks, out.Curve = out.Lost.plus(o.Lost), out.Peaks.Max(o.Peaks), o.Curve
	}
	out.Live = live
	out.Checks = merged(list, func(o Observation) []Check { return o.Checks }, checkKey, func(a *Check, b Check) { a.Count += b.Count })
	out.Syscalls = merged(list, func(o Observation) []Syscall { return o.Syscalls },
		func(s Syscall) Syscall { return Syscall{Name: s.Name, Phase: s.Phase, Compat: s.Compat} },
		func(a *Syscall, b Syscall) { a.Count += b.Count; a.Denied += b.Denied; a.Filtered += b.Filtered })
	out.Arguments = merged(list, func(o Observation) []Arguments { return o.Arguments }, argumentsKey, func(a *Arguments, b Arguments) { a.Count += b.Count })
	out.Executions = merged(list, func(o Observation) []Execution { return o.Executions },
		func(x Execution) Execution { x.Count = 0; return x }, func(a *Execution, b Execution) { a.Count += b.Count })
	out.Identities = merged(list, func(o Observation) []Identity { return o.Identities },
		func(i Identity) Identity { i.Count = 0; return i }, func(a *Identity, b Identity) { a.Count += b.Count })
	out.Files = merged(list, func(o Observation) []File { return o.Files }, func(f File) string { return f.Path }, addFile)
	out.Mounts = merged(list, func(o Observation) []Mount { return o.Mounts }, func(m Mount) string { return m.Point }, addMount)
	out.Sockets = merged(list, func(o Observation) []Socket { return o.Sockets },
		func(s Socket) Socket { s.Count = 0; return s }, func(a *Socket, b Socket) { a.Count += b.Count })
	out.Signals = merged(list, func(o Observation) []Signal { return o.Signals },
		func(s Signal) Signal { s.Count = 0; return s }, func(a *Signal, b Signal) { a.Count += b.Count })
	out.FileCaps = merged(list, func(o Observation) []FileCap { return o.FileCaps }, func(f FileCap) FileCap { return f }, func(*FileCap, FileCap) {})
	out.Unseen = merged(list, func(o Observation) []Gap { return o.Unseen }, func(g Gap) Gap { return g }, func(*Gap, Gap) {})
	if slices.ContainsFunc(list, Observation.whole) {
		out.Unseen = slices.DeleteFunc(out.Unseen, func(g Gap) bool { return g.Aspect == Beginning })
	}
	return out.Sorted()
}

// whole says that a run was watched from its beginning.
func (o Observation) whole() bool { return o.Runs > 0 && o.Began && !o.Misses(Beginning) }

// merged collects one list of all observations; entries with the same key are
// added to the first of them.
func merged[T any, K comparable](list []Observation, of func(Observation) []T, key func(T) K, add func(*T, T)) []T {
	var out []T
	at := map[K]int{}
	for _, o := range list {
		for _, entry := range of(o) {
			k := key(entry)
			if i, ok := at[k]; ok {
				add(&out[i], entry)
				continue
			}
			at[k] = len(out)
			out = append(out, entry)
		}
	}
	return out
}

// checkID is what makes two checks the same: their arguments may differ.
type checkID struct {
	capability, syscall, executable string
	outcome                         Outcome
	uid                             uint32
	phase                           Phase
}

func checkKey(c Check) checkID {
	return checkID{c.Capability, c.Syscall, c.Executable, c.Outcome, c.UID, c.Phase}
}

// argumentsID is what makes the arguments of calls the same.
type argumentsID struct {
	syscall string
	phase   Phase
	compat  bool
	any     bool
	values  [maxFilters]Argument
}

// maxFilters is how many arguments of a call are looked at, at most.
const maxFilters = 4

func argumentsKey(a Arguments) argumentsID {
	id := argumentsID{syscall: a.Syscall, phase: a.Phase, compat: a.Compat, any: a.Any}
	copy(id.values[:], a.Values)
	return id
}

// addMount keeps what either knows of a mount.
func addMount(a *Mount, b Mount) {
	if a.Type == "" {
		a.Type, a.ReadOnly, a.NoExec = b.Type, b.ReadOnly, b.NoExec
	}
	if a.Kind == OtherMount || a.Kind == "" {
		a.Kind, a.Volume = b.Kind, b.Volume
	}
}

func addFile(a *File, b File) {
	a.Access, a.Refused, a.Phases = both(a.Access, b.Access), both(a.Refused, b.Refused), both(a.Phases, b.Phases)
	slices.SortFunc(a.Phases, ComparePhases)
	a.Named, a.Cut = a.Named && b.Named, a.Cut || b.Cut
	a.Writers = slices.Compact(slices.Sorted(slices.Values(slices.Concat(a.Writers, b.Writers))))
	a.Kind, a.Mount = cmp.Or(a.Kind, b.Kind), cmp.Or(a.Mount, b.Mount)
	a.Owner, a.Directory = cmp.Or(a.Owner, b.Owner), cmp.Or(a.Directory, b.Directory)
}

// both is the sorted union, in a list of its own.
func both[T ~string](a, b []T) []T {
	list := slices.Concat(a, b)
	slices.Sort(list)
	return slices.Compact(list)
}

// also adds a word to a list of words.
func also(list, word string) string {
	if list == "" || slices.Contains(strings.Split(list, ", "), word) {
		return word
	}
	return list + ", " + word
}

func (l Lost) plus(o Lost) Lost {
	return Lost{
		Events: l.Events + o.Events, Tasks: l.Tasks + o.Tasks, Checks: l.Checks + o.Checks, Paths: l.Paths + o.Paths, Entries: l.Entries + o.Entries,
		Addresses: l.Addresses + o.Addresses,
	}
}
