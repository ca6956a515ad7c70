package bpf

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"os"

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
		Port: uint16(what), Scope: scopes[what>>socketScope&3], Refused: what>>socketRefused&1 != 0, Executable: s.executable, Phase: s.phase, Count: count,
	}
}

var scopes = [4]observe.Scope{scopeAny: observe.Anywhere, scopeLoopback: observe.Loopback, scopeOther: observe.Beyond}

// argued is a key of the map arguments.
type argued struct {
	Call   uint16
	Phase  uint8
	Pad    [5]uint8
	Values [4]uint64
}

// arguments adds the values that calls were given.
func (k *kernel) arguments(a arch, o *observe.Observation) error {
	var key argued
	var count uint64
	entries := k.Maps["arguments"].Iterate()
	for entries.Next(&key, &count) {
		name := callName(a, int(key.Call))
		o.Arguments = append(o.Arguments, observe.Arguments{
			Syscall: name, Phase: phaseNamed(key.Phase), Values: syscalls.Values(classes[name], key.Values), Count: count,
		})
	}
	if err := entries.Err(); err != nil {
		return fmt.Errorf("reading the map arguments: %w", err)
	}
	data, err := k.value("counts", phases*calls*countSize)
	if err != nil {
		return err
	}
	for i := range len(observe.Phases) * calls {
		name, count := callName(a, i%calls), word(data[i*countSize+countUnknown:])
		if args, first := classes[name].Filters(); i%calls >= compat && (len(args) > 0 || first) {
			count = word(data[i*countSize+countAll:])
		}
		if count > 0 {
			o.Arguments = append(o.Arguments, observe.Arguments{
				Syscall: name, Phase: observe.Phases[i/calls], Compat: i%calls >= compat, Count: count, Any: true,
			})
		}
	}
	return nil
}

// addressee is a key of the map addresses.
type addressee struct {
	Inode   uint64
	Device  uint32
	Call    uint16
	Phase   uint8
	Refused uint8
	Length  uint16
	Pad     [6]uint8
	Data    [112]byte
}

// addresses adds the uses of sockets whose addresses are known.
func (k *kernel) addresses(a arch, names map[executable]string, o *observe.Observation) error {
	var key addressee
	var count uint64
	entries := k.Maps["addresses"].Iterate()
	for entries.Next(&key, &count) {
		s := observe.Socket{
			Operation: callName(a, int(key.Call)), Refused: key.Refused&1 != 0, Executable: names[executable{key.Inode, key.Device}],
			Phase: phaseNamed(key.Phase), Count: count,
		}
		address := key.Data[:]
		if key.Length > 0 {
			address = address[:min(len(address), 2+int(key.Length))]
		}
		o.Sockets = append(o.Sockets, syscalls.Addressed(s, address))
	}
	if err := entries.Err(); err != nil {
		return fmt.Errorf("reading the map addresses: %w", err)
	}
	return nil
}

// peaks reads the most that was used at once.
func (k *kernel) peaks(o *observe.Observation) error {
	data, err := k.value("peaks", peaksSize)
	if err != nil {
		return err
	}
	o.Peaks = observe.Peaks{
		Memory: word(data[peaksMemory:]) * uint64(os.Getpagesize()), Processes: word(data[peaksMostTasks:]), OpenFiles: word(data[peaksFiles:]),
	}
	return nil
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
	o.Lost.Addresses += word(data[lostPeers:])
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
