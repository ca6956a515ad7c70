package bpf

// class says what is recorded of a system call besides its number, packed for
// the programs: what handles it (bits 0–3), which argument is a path (4–7),
// and which one plus one is the directory that path starts from (8–11); the
// same for a second path (12–15 plus one, 16–19).
type class uint32

// What handles a call.
const (
	// handleArgs only keeps the arguments, for a check that is made meanwhile.
	handleArgs class = iota + 1
	// handleOpen follows the file descriptor that the call returns.
	handleOpen
	// handlePath records the path that it was given.
	handlePath
	// handleRefused records the path where the call was refused.
	handleRefused
	handleSocket
	handleBind
	handleListen
	handleConnect
	handleIdentity
	// handleKill and handleTgkill find the signal in the second and in the
	// third argument.
	handleKill
	handleTgkill
)

// noPath stands in the place of a path argument: the file is the directory
// argument itself.
const noPath = 15

// on makes a class of a path argument and, where it is not negative, of the
// argument with the directory.
func on(handle class, path, dir int) class { return handle | class(path)<<4 | class(dir+1)<<8 }

// and adds a second path.
func (c class) and(path, dir int) class { return c | class(path+1)<<12 | class(dir+1)<<16 }

func (c class) handle() class { return c & 15 }

// plain says that the first three arguments mean something by themselves.
func (c class) plain() bool {
	switch c.handle() {
	case handleArgs, handleSocket, handleIdentity, handleKill, handleTgkill:
		return true
	}
	return false
}

// classes are the calls of which more is recorded than their number. The
// positions of arguments are those of the calls' manual pages.
var classes = map[string]class{
	"open": on(handleOpen, 0, -1), "creat": on(handleOpen, 0, -1),
	"openat": on(handleOpen, 1, 0), "openat2": on(handleOpen, 1, 0),

	"mkdir": on(handlePath, 0, -1), "mkdirat": on(handlePath, 1, 0),
	"mknod": on(handlePath, 0, -1), "mknodat": on(handlePath, 1, 0),
	"rmdir": on(handlePath, 0, -1), "unlink": on(handlePath, 0, -1), "unlinkat": on(handlePath, 1, 0),
	"rename": on(handlePath, 0, -1).and(1, -1), "renameat": on(handlePath, 1, 0).and(3, 2), "renameat2": on(handlePath, 1, 0).and(3, 2),
	"link": on(handlePath, 1, -1), "linkat": on(handlePath, 3, 2),
	"symlink": on(handlePath, 1, -1), "symlinkat": on(handlePath, 2, 1),
	"chmod": on(handlePath, 0, -1), "fchmod": on(handlePath, noPath, 0), "fchmodat": on(handlePath, 1, 0), "fchmodat2": on(handlePath, 1, 0),
	"chown": on(handlePath, 0, -1), "lchown": on(handlePath, 0, -1), "fchown": on(handlePath, noPath, 0), "fchownat": on(handlePath, 1, 0),
	"truncate": on(handlePath, 0, -1),
	"utime":    on(handlePath, 0, -1), "utimes": on(handlePath, 0, -1), "futimesat": on(handlePath, 1, 0), "utimensat": on(handlePath, 1, 0),
	"setxattr": on(handlePath, 0, -1), "lsetxattr": on(handlePath, 0, -1), "fsetxattr": on(handlePath, noPath, 0),
	"removexattr": on(handlePath, 0, -1), "lremovexattr": on(handlePath, 0, -1), "fremovexattr": on(handlePath, noPath, 0),

	"execve": on(handleRefused, 0, -1), "execveat": on(handleRefused, 1, 0), "chdir": on(handleRefused, 0, -1),
	"chroot": on(handleRefused, 0, -1), "mount": on(handleRefused, 1, -1), "umount2": on(handleRefused, 0, -1),

	"socket": handleSocket, "bind": handleBind, "listen": handleListen, "connect": handleConnect,

	"setuid": handleIdentity, "setgid": handleIdentity, "setreuid": handleIdentity, "setregid": handleIdentity,
	"setresuid": handleIdentity, "setresgid": handleIdentity, "setfsuid": handleArgs, "setfsgid": handleArgs, "setgroups": handleIdentity,

	"kill": handleKill, "tkill": handleKill, "tgkill": handleTgkill,

	"prctl": handleArgs, "unshare": handleArgs, "setns": handleArgs, "setpriority": handleArgs,
}
