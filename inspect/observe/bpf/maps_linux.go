package bpf

import "github.com/cilium/ebpf"

// The value of the map tasks, one for each thread that is watched.
const (
	taskCall   = 0  // uint32: the call it is in plus one; 0 for none, or born
	taskClass  = 4  // uint32: what is recorded of that call, see classes
	taskDenied = 8  // uint64: capabilities it was denied in that call
	taskArgs   = 16 // [4]uint64: the call's arguments, where its class is not 0
	taskInode  = 48 // uint64: its executable's inode
	taskDevice = 56 // uint32: and that one's device
	taskFlags  = 60 // uint32
	taskUID    = 64 // uint32: its effective user at the last execution
	taskSize   = 72

	flagRuntime  = 1 // the runtime, before the application begins
	flagConfined = 2 // it has put itself under the seccomp profile
	// born marks a thread whose next return from a call belongs to its
	// parent's call, or to one that was entered before it was watched.
	born = 1<<32 - 1
)

// The value of the array state.
const (
	statePhase = 0 // uint32: the phase of the application, 0 before it began
	stateUsers = 8 // uint64: the container's user namespace
	stateSize  = 16
)

// The counters of the array lost.
const (
	lostEvents = 0
	lostTasks  = 8
	lostTally  = 16
	lostPaths  = 24
	lostPeers  = 32
	lostSize   = 40
)

// phases is how many phases the maps have room for, a power of two; their
// numbers are their places in observe.Phases.
const (
	phases        = 8
	phaseRuntime  = 0
	phaseConfined = 1
	phaseStart    = 2
)

// calls is how many numbers of system calls there is room for: one half for
// the machine's own, one for its 32-bit ones. The last of each half stands for
// all numbers above.
const (
	calls  = 1024
	compat = calls / 2
)

// A counter of the array counts, one for each phase and call.
const (
	countAll      = 0
	countDenied   = 8
	countFiltered = 16
	countUnknown  = 24 // of these it is not known which values they were given
	countSize     = 32
)

// The key and value of the map tally, which counts capability checks, uses of
// sockets, signals and changes of identity.
const (
	tallyInode  = 0  // uint64
	tallyWhat   = 8  // uint64: depends on the kind
	tallyDevice = 16 // uint32
	tallyUID    = 20 // uint32
	tallyCall   = 24 // uint16: the call, noCall outside of one
	tallyPhase  = 26 // uint8
	tallyKind   = 27 // uint8
	tallyPad    = 28 // uint32
	tallyKey    = 32
	tallyValue  = 32 // uint64 count, [3]uint64: the first such call's arguments
	noCall      = 0xffff
)

// The kinds of the map tally.
const (
	kindGranted = iota + 1
	kindDenied
	kindSilent
	kindSocket
	kindSignal
	kindIdentity
)

// bounds are how much the maps hold: threads, tallies, files seen, values of
// arguments and addresses, and bytes in the ring, which must be a power of two
// and a multiple of the page size.
type bounds struct{ tasks, tally, seen, arguments, addresses, ring uint32 }

// standard takes about 10 MB of kernel memory.
var standard = bounds{tasks: 1 << 15, tally: 1 << 13, seen: 1 << 14, arguments: 1 << 12, addresses: 1 << 11, ring: 1 << 22}

// mapSpecs describes the maps. They are preallocated: a tracing program must
// not allocate.
func mapSpecs(b bounds) map[string]*ebpf.MapSpec {
	one := func(name string, size uint32) *ebpf.MapSpec {
		return &ebpf.MapSpec{Name: name, Type: ebpf.Array, KeySize: 4, ValueSize: size, MaxEntries: 1}
	}
	return map[string]*ebpf.MapSpec{
		"tasks":     {Name: "tasks", Type: ebpf.Hash, KeySize: 4, ValueSize: taskSize, MaxEntries: b.tasks},
		"tally":     {Name: "tally", Type: ebpf.Hash, KeySize: tallyKey, ValueSize: tallyValue, MaxEntries: b.tally},
		"seen":      {Name: "seen", Type: ebpf.LRUHash, KeySize: seenSize, ValueSize: 1, MaxEntries: b.seen},
		"arguments": {Name: "arguments", Type: ebpf.Hash, KeySize: argsKey, ValueSize: 8, MaxEntries: b.arguments},
		"addresses": {Name: "addresses", Type: ebpf.Hash, KeySize: addressKey, ValueSize: 8, MaxEntries: b.addresses},
		// The css_sets of tasks that are not watched, by their addresses.
		"strangers": {Name: "strangers", Type: ebpf.LRUHash, KeySize: 8, ValueSize: 1, MaxEntries: 1 << 12},
		"events":    {Name: "events", Type: ebpf.RingBuf, MaxEntries: b.ring},
		"scratch":   {Name: "scratch", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: scratchSize, MaxEntries: 1},
		"address":   {Name: "address", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: addressKey, MaxEntries: 1},
		"state":     one("state", stateSize),
		"peaks":     one("peaks", peaksSize),
		"lost":      one("lost", lostSize),
		"counts":    one("counts", phases*calls*countSize),
		"classes":   one("classes", calls*4),
	}
}
