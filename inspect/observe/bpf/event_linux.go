package bpf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"bulkhead/inspect/observe"
)

// executable identifies the file that a process executes.
type executable struct {
	inode  uint64
	device uint32
}

// event is one entry of the ring, read.
type event struct {
	kind, phase uint8
	call        uint16
	flags       uint32
	ret         int64
	exe         executable
	uid, from   uint32
	fmode       uint32
	imode       uint16
	// owner is that of a file that was opened, directory that of its directory.
	owner, directory observe.Owner
	mount            mounted
	args             [4]uint64
	// argument is the path that was named, base the path that was walked.
	argument, base string
}

// mounted is the mount that the base lies on.
type mounted struct {
	// point is "" where the walk did not come so far.
	point  string
	flags  uint32
	fstype string
}

var errShort = errors.New("an event is shorter than it says")

// decode reads an event as the programs put it together.
func decode(data []byte) (event, error) {
	if len(data) < eventHeader {
		return event{}, errShort
	}
	order := binary.NativeEndian
	e := event{
		kind: data[eventType], phase: data[eventPhase], call: order.Uint16(data[eventCall:]), flags: order.Uint32(data[eventFlags:]),
		ret:   int64(order.Uint64(data[eventRet:])),
		exe:   executable{order.Uint64(data[eventInode:]), order.Uint32(data[eventDevice:])},
		uid:   order.Uint32(data[eventUID:]),
		from:  order.Uint32(data[eventFrom:]),
		fmode: order.Uint32(data[eventFmode:]), imode: order.Uint16(data[eventImode:]),
	}
	e.owner = observe.Owner{UID: order.Uint32(data[eventOwner:]), GID: order.Uint32(data[eventGroup:]), Mode: uint32(e.imode) & 0o7777}
	e.directory = observe.Owner{
		UID: order.Uint32(data[eventDirOwner:]), GID: order.Uint32(data[eventDirGroup:]), Mode: uint32(order.Uint16(data[eventDirMode:])) & 0o7777,
	}
	for i := range e.args {
		e.args[i] = order.Uint64(data[eventArgs+8*i:])
	}
	body, argument := data[eventHeader:], int(order.Uint16(data[eventArgLen:]))
	end := int(order.Uint32(data[eventEnd:]))
	if end > len(body) || argument > end {
		return event{}, errShort
	}
	body = body[:end]
	e.argument, _, _ = strings.Cut(string(body[:argument]), "\x00")
	e.base = joined(body[argument:])
	if e.flags&(flagCut|flagNowhere) != 0 {
		return e, nil
	}
	fstype, _, _ := strings.Cut(string(data[eventFSType:eventFSType+16]), "\x00")
	e.mount = mounted{point: "/", flags: order.Uint32(data[eventMountFlags:]), fstype: fstype}
	if at := order.Uint32(data[eventMount:]); at != noMount {
		if int64(at) > int64(end) || int(at) < argument {
			return event{}, errShort
		}
		e.mount.point = joined(body[at:])
	}
	return e, nil
}

// joined makes a path of its names, which come from the last to the first, each
// with a final zero.
func joined(names []byte) string {
	var list []string
	for _, name := range bytes.Split(bytes.TrimSuffix(names, []byte{0}), []byte{0}) {
		list = append(list, string(name))
	}
	slices.Reverse(list)
	return "/" + strings.Join(list, "/")
}
