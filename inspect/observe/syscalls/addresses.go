package syscalls

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"path"

	"bulkhead/inspect/observe"
)

// Values picks of a call's first four arguments those that its class says
// profiles filter on. What the first one points to stands in its place.
func Values(c Class, args [4]uint64) []observe.Argument {
	indices, memory := c.Filters()
	if memory {
		return []observe.Argument{{Index: 0, Value: args[0], Memory: true}}
	}
	var list []observe.Argument
	for _, i := range indices {
		list = append(list, observe.Argument{Index: i, Value: args[i]})
	}
	return list
}

// Addressed adds to a use of a socket what a struct sockaddr says: its family
// and, of unix sockets and IP, the address. The path of a unix socket ends with
// its first zero; one that begins with a zero is abstract and as long as data
// (unix(7)).
func Addressed(s observe.Socket, data []byte) observe.Socket {
	if len(data) < 2 {
		return s
	}
	family := binary.NativeEndian.Uint16(data)
	s.Family = Family(family)
	rest := data[2:]
	switch {
	case family == 1:
		s.Address = unixAddress(rest)
	case family == 2 && len(rest) >= 6:
		s = at(s, rest, netip.AddrFrom4([4]byte(rest[2:6])))
	case family == 10 && len(rest) >= 22:
		s = at(s, rest, netip.AddrFrom16([16]byte(rest[6:22])))
	case (family == 2 || family == 10) && len(rest) >= 2:
		s.Port = binary.BigEndian.Uint16(rest)
	}
	return s
}

func at(s observe.Socket, rest []byte, a netip.Addr) observe.Socket {
	s.Port, s.Address, s.Scope = binary.BigEndian.Uint16(rest), a.String(), Scope(a)
	return s
}

// Scope says whom an address reaches.
func Scope(a netip.Addr) observe.Scope {
	switch a = a.Unmap(); {
	case a.IsUnspecified():
		return observe.Anywhere
	case a.IsLoopback():
		return observe.Loopback
	}
	return observe.Beyond
}

// unixAddress is the path, or "@" and the name of an abstract address, or ""
// where there is none yet.
func unixAddress(name []byte) string {
	if len(name) > 0 && name[0] == 0 {
		abstract := bytes.TrimRight(name[1:], "\x00")
		if len(abstract) == 0 {
			return ""
		}
		return "@" + string(abstract)
	}
	name, _, _ = bytes.Cut(name, []byte{0})
	if len(name) == 0 {
		return ""
	}
	return path.Clean(string(name))
}
