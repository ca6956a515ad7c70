package bpf

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/cilium/ebpf"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/syscalls"
	"bulkhead/inspect/observe/sysnum"
)

// value reads the only value of an array.
func (k *kernel) value(name string, size int) ([]byte, error) {
	data := make([]byte, size)
	if err := k.Maps[name].Lookup(uint32(0), &data); err != nil {
		return nil, fmt.Errorf("reading the map %s: %w", name, err)
	}
	return data, nil
}

// syscalls reads the counts of system calls.
func (k *kernel) syscalls(a arch) ([]observe.Syscall, error) {
	data, err := k.value("counts", phases*calls*countSize)
	if err != nil {
		return nil, err
	}
	var list []observe.Syscall
	for i := range len(observe.Phases) * calls {
		at := data[i*countSize:]
		s := observe.Syscall{
			Phase: observe.Phases[i/calls], Compat: i%calls >= compat, Name: callName(a, i%calls),
			Count: word(at[countAll:]), Denied: word(at[countDenied:]), Filtered: word(at[countFiltered:]),
		}
		if s.Count > 0 {
			list = append(list, s)
		}
	}
	return list, nil
}

func word(data []byte) uint64 { return binary.NativeEndian.Uint64(data) }

// callName names a place in counts; outside of a call it is empty.
func callName(a arch, index int) string {
	table := a.native
	if index == noCall {
		return ""
	}
	if index >= compat {
		table = a.compat
	}
	if index%compat == compat-1 {
		return "unknown"
	}
	return table.Name(index % compat)
}

// tallied is an entry of the map tally.
type tallied struct {
	Inode       uint64
	What        uint64
	Device, UID uint32
	Call        uint16
	Phase, Kind uint8
	Pad         uint32
}

type tallyCount struct {
	Count uint64
	Args  [3]uint64
}

// tallies adds what the map tally holds to an observation.
func (k *kernel) tallies(a arch, names map[executable]string, o *observe.Observation) error {
	var key tallied
	var n tallyCount
	entries := k.Maps["tally"].Iterate()
	for entries.Next(&key, &n) {
		s := subject{names[executable{key.Inode, key.Device}], phaseNamed(key.Phase), callName(a, int(key.Call))}
		switch key.Kind {
		case kindGranted, kindDenied, kindSilent:
			o.Checks = append(o.Checks, s.checks(key, n)...)
		case kindSocket:
			o.Sockets = append(o.Sockets, s.socket(key.What, n.Count))
		case kindSignal:
			o.Signals = append(o.Signals, observe.Signal{Number: int(key.What), Executable: s.executable, Phase: s.phase, Count: n.Count})
		case kindIdentity:
			o.Identities = append(o.Identities, observe.Identity{
				Executable: s.executable, UID: uint32(key.What), GID: uint32(key.What >> 32), Phase: s.phase, Count: n.Count})
		}
	}
	if err := entries.Err(); err != nil {
		return fmt.Errorf("reading the map tally: %w", err)
	}
	return nil
}

// subject is who did something, when and in which call.
type subject struct {
	executable string
	phase      observe.Phase
	call       string
}

var outcomes = map[uint8]observe.Outcome{kindGranted: observe.Granted, kindDenied: observe.Denied, kindSilent: observe.Silent}

// checks makes a check of every capability in the mask.
func (s subject) checks(key tallied, n tallyCount) []observe.Check {
	var list []observe.Check
	for mask := key.What; mask != 0; mask &= mask - 1 {
		c := observe.Check{
			Capability: inspect.CapSet(1 << bits.TrailingZeros64(mask)).Names()[0], Outcome: outcomes[key.Kind],
			Syscall: s.call, Executable: s.executable, UID: key.UID, Phase: s.phase, Count: n.Count,
		}
		if classes[s.call].Plain() {
			c.Arguments = n.Args[:]
		}
		list = append(list, c)
	}
	return list
}

// socket reads what the programs packed into 64 bits.
func (s subject) socket(what, count uint64) observe.Socket {
	return observe.Socket{
		Operation: s.call, Family: syscalls.Family(uint16(what >> socketFamily)), Type: syscalls.SocketType(uint8(what>>socketType) & 15),
		Port: uint16(what), Refused: what>>socketRefused&1 != 0, Executable: s.executable, Phase: s.phase, Count: count,
	}
}

// losses adds what the programs could not record.
func (k *kernel) losses(o *observe.Observation) error {
	data, err := k.value("lost", lostSize)
	if err != nil {
		return err
	}
	o.Lost.Events += word(data[lostEvents:])
	o.Lost.Tasks += word(data[lostTasks:])
	o.Lost.Checks += word(data[lostTally:])
	o.Lost.Paths += word(data[lostPaths:])
	return nil
}

// classTable is the value of the map classes: 32-bit calls have none.
func classTable(native sysnum.Table) []byte {
	data := make([]byte, calls*4)
	numbers := native.Numbers()
	for name, c := range classes {
		if n, ok := numbers[name]; ok {
			binary.NativeEndian.PutUint32(data[4*n:], uint32(c))
		}
	}
	return data
}

// prepare fills the maps that the programs only read.
func (k *kernel) prepare(a arch) error {
	if err := k.Maps["classes"].Update(uint32(0), classTable(a.native), ebpf.UpdateAny); err != nil {
		return fmt.Errorf("filling the map classes: %w", err)
	}
	return nil
}
