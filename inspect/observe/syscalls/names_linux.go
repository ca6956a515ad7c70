package syscalls

import (
	"cmp"
	"fmt"

	"golang.org/x/sys/unix"

	"bulkhead/inspect/observe"
)

// Access says what a call that succeeded did to the path it was given, or to
// the second of them. Empty is for calls that say more elsewhere.
func Access(call string, second bool) observe.Access {
	switch call {
	case "mkdir", "mkdirat", "mknod", "mknodat", "link", "linkat", "symlink", "symlinkat", "bind":
		return observe.Created
	case "unlink", "unlinkat", "rmdir":
		return observe.Removed
	case "rename", "renameat", "renameat2":
		if second {
			return observe.Created
		}
		return observe.Removed
	case "truncate":
		return observe.Written
	case "open", "openat", "openat2", "creat":
		return ""
	}
	return observe.Changed
}

// Refusal names the error that a call returned.
func Refusal(ret int64) string {
	return cmp.Or(unix.ErrnoName(unix.Errno(-ret)), "unknown")
}

// Kind names the type in the bits of inode.i_mode (inode(7)).
func Kind(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return "file"
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFCHR:
		return "character device"
	case unix.S_IFBLK:
		return "block device"
	case unix.S_IFIFO:
		return "pipe"
	case unix.S_IFSOCK:
		return "socket"
	}
	return ""
}

// Family names an address family, see address_families(7).
func Family(n uint16) string {
	names := map[uint16]string{
		1: "unix", 2: "inet", 3: "ax25", 4: "ipx", 5: "appletalk", 9: "x25", 10: "inet6", 15: "key", 16: "netlink", 17: "packet",
		21: "rds", 24: "pppox", 29: "can", 30: "tipc", 31: "bluetooth", 33: "rxrpc", 38: "alg", 40: "vsock", 44: "xdp",
	}
	if name, ok := names[n]; ok {
		return name
	}
	return fmt.Sprint(n)
}

// SocketType names a type of socket, see socket(2); "" where it is not known.
func SocketType(n uint8) string {
	return map[uint8]string{1: "stream", 2: "dgram", 3: "raw", 4: "rdm", 5: "seqpacket", 6: "dccp", 10: "packet"}[n]
}
