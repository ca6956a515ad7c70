package syscalls

import (
	"fmt"
	"strings"

	"bulkhead/inspect/observe"
)

// Text writes the values of a call for a person: names where there are some
// here, else numbers in hexadecimal. Of clone's flags the lowest byte is the
// signal that the child's end sends.
func Text(a observe.Arguments) string {
	var words []string
	for _, v := range a.Values {
		words = append(words, valueText(a.Syscall, v))
	}
	return strings.Join(words, " ")
}

func valueText(call string, v observe.Argument) string {
	switch {
	case (call == "socket" || call == "socketpair") && v.Index == 0 && v.Value < 1<<16:
		return Family(uint16(v.Value))
	case (call == "socket" || call == "socketpair") && v.Index == 1:
		const nonblock, cloexec = 0o4000, 0o2000000
		if name := SocketType(uint8(v.Value) & 0xf); name != "" && v.Value&^(0xf|nonblock|cloexec) == 0 {
			return name
		}
	case call == "clone" || call == "clone3" || call == "unshare" || call == "setns":
		return flags(v.Value, cloneFlags)
	case call == "prctl" || call == "fcntl":
		if name := commands[call][v.Value]; name != "" {
			return name
		}
	}
	if v.Value < 10 {
		return fmt.Sprint(v.Value)
	}
	return fmt.Sprintf("%#x", v.Value)
}

// flag is one bit with its name.
type flag struct {
	bit  uint64
	name string
}

// cloneFlags are those of clone(2), unshare(2) and setns(2), without CLONE_.
var cloneFlags = []flag{
	{0x00000080, "NEWTIME"},
	{0x00000100, "VM"}, {0x00000200, "FS"}, {0x00000400, "FILES"}, {0x00000800, "SIGHAND"}, {0x00001000, "PIDFD"}, {0x00002000, "PTRACE"},
	{0x00004000, "VFORK"}, {0x00008000, "PARENT"}, {0x00010000, "THREAD"}, {0x00020000, "NEWNS"}, {0x00040000, "SYSVSEM"}, {0x00080000, "SETTLS"},
	{0x00100000, "PARENT_SETTID"}, {0x00200000, "CHILD_CLEARTID"}, {0x00400000, "DETACHED"}, {0x00800000, "UNTRACED"}, {0x01000000, "CHILD_SETTID"},
	{0x02000000, "NEWCGROUP"}, {0x04000000, "NEWUTS"}, {0x08000000, "NEWIPC"}, {0x10000000, "NEWUSER"}, {0x20000000, "NEWPID"}, {0x40000000, "NEWNET"},
	{0x80000000, "IO"},
}

// flags names the bits of a value; what has no name stays a number.
func flags(value uint64, names []flag) string {
	var words []string
	for _, f := range names {
		if value&f.bit != 0 {
			words, value = append(words, f.name), value&^f.bit
		}
	}
	if value != 0 || len(words) == 0 {
		words = append(words, fmt.Sprintf("%#x", value))
	}
	return strings.Join(words, "|")
}

// commands are the commonest of prctl(2), without PR_, and fcntl(2), without F_.
var commands = map[string]map[uint64]string{
	"prctl": {
		1: "SET_PDEATHSIG", 3: "GET_DUMPABLE", 4: "SET_DUMPABLE", 7: "GET_KEEPCAPS", 8: "SET_KEEPCAPS", 15: "SET_NAME", 16: "GET_NAME",
		21: "GET_SECCOMP", 22: "SET_SECCOMP", 23: "CAPBSET_READ", 24: "CAPBSET_DROP", 27: "GET_SECUREBITS", 28: "SET_SECUREBITS",
		35: "SET_MM", 36: "SET_CHILD_SUBREAPER", 38: "SET_NO_NEW_PRIVS", 39: "GET_NO_NEW_PRIVS", 41: "SET_THP_DISABLE", 47: "CAP_AMBIENT",
		0x53564d41: "SET_VMA",
	},
	"fcntl": {
		0: "DUPFD", 1: "GETFD", 2: "SETFD", 3: "GETFL", 4: "SETFL", 5: "GETLK", 6: "SETLK", 7: "SETLKW", 8: "SETOWN", 9: "GETOWN",
		36: "OFD_GETLK", 37: "OFD_SETLK", 38: "OFD_SETLKW", 1030: "DUPFD_CLOEXEC", 1031: "SETPIPE_SZ", 1032: "GETPIPE_SZ", 1033: "ADD_SEALS", 1034: "GET_SEALS",
	},
}
