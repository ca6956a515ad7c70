package syscalls

import (
	"cmp"

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
