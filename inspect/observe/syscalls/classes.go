// Package syscalls says what the system calls that matter to an observation
// mean: which of their arguments are paths, what they do to a file, and how
// their numbers for families and types are called. It is shared by everything
// that watches.
package syscalls

// Class says what is recorded of a system call besides its number, packed: what
// handles it (bits 0–3), which argument is a path (4–7), and which one plus one
// is the directory that path starts from (8–11); the same for a second path
// (12–15 plus one, 16–19); which of the first four arguments profiles filter on
// (20–23), of what the first one points to (24); and that it returns a new file
// descriptor (25).
type Class uint32

// What handles a call.
const (
	// Args only keeps the arguments, for a check that is made meanwhile.
	Args Class = iota + 1
	// Open follows the file descriptor that the call returns.
	Open
	// Path records the path that it was given.
	Path
	// Refused records the path where the call was refused.
	Refused
	Socket
	Bind
	Listen
	Connect
	Identity
	// Kill and Tgkill find the signal in the second and in the
	// third argument.
	Kill
	Tgkill
	// Map follows the descriptor of a mapping that can be executed.
	Map
	// Lock and Control follow the descriptor of a lock; Control is that of
	// fcntl, which does more.
	Lock
	Control
)

// The bits of a Class above its paths.
const (
	FilterShift = 20
	FilterWord  = 1 << 24
	Descriptor  = 1 << 25
)

// NoPath stands in the place of a path argument: the file is the directory
// argument itself.
const NoPath = 15

// on makes a Class of a path argument and, where it is not negative, of the
// argument with the directory.
func on(handle Class, path, dir int) Class { return handle | Class(path)<<4 | Class(dir+1)<<8 }

// and adds a second path.
func (c Class) and(path, dir int) Class { return c | Class(path+1)<<12 | Class(dir+1)<<16 }

// by adds arguments that are filtered on, among the first four.
func (c Class) by(args ...int) Class {
	for _, i := range args {
		c |= 1 << (FilterShift + i)
	}
	return c
}

// Filters are the arguments that published profiles filter on; word says that
// what the first argument points to begins with such a value.
func (c Class) Filters() (args []int, word bool) {
	for i := range 4 {
		if c>>(FilterShift+i)&1 == 1 {
			args = append(args, i)
		}
	}
	return args, c&FilterWord != 0
}

// Handle is what handles the call, 0 where nothing does.
func (c Class) Handle() Class { return c & 15 }

// Path is the number of the argument with the path, or NoPath, and the one
// with the directory it starts from, -1 for none.
func (c Class) Path() (path, dir int) { return int(c >> 4 & 15), int(c>>8&15) - 1 }

// Second is the same for a second path; ok is false where there is none.
func (c Class) Second() (path, dir int, ok bool) {
	return int(c>>12&15) - 1, int(c>>16&15) - 1, c>>12&15 != 0
}

// Plain says that the first three arguments mean something by themselves.
func (c Class) Plain() bool {
	switch c.Handle() {
	case Args, Socket, Identity, Kill, Tgkill:
		return true
	}
	return false
}

// Classes are the calls of which more is recorded than their number. The
// positions of arguments are those of the calls' manual pages.
var Classes = map[string]Class{
	"open": on(Open, 0, -1) | Descriptor, "creat": on(Open, 0, -1) | Descriptor,
	"openat": on(Open, 1, 0) | Descriptor, "openat2": on(Open, 1, 0) | Descriptor,

	"mkdir": on(Path, 0, -1), "mkdirat": on(Path, 1, 0),
	"mknod": on(Path, 0, -1), "mknodat": on(Path, 1, 0),
	"rmdir": on(Path, 0, -1), "unlink": on(Path, 0, -1), "unlinkat": on(Path, 1, 0),
	"rename": on(Path, 0, -1).and(1, -1), "renameat": on(Path, 1, 0).and(3, 2), "renameat2": on(Path, 1, 0).and(3, 2),
	"link": on(Path, 1, -1), "linkat": on(Path, 3, 2),
	"symlink": on(Path, 1, -1), "symlinkat": on(Path, 2, 1),
	"chmod": on(Path, 0, -1), "fchmod": on(Path, NoPath, 0), "fchmodat": on(Path, 1, 0), "fchmodat2": on(Path, 1, 0),
	"chown": on(Path, 0, -1), "lchown": on(Path, 0, -1), "fchown": on(Path, NoPath, 0), "fchownat": on(Path, 1, 0),
	"truncate": on(Path, 0, -1),
	"utime":    on(Path, 0, -1), "utimes": on(Path, 0, -1), "futimesat": on(Path, 1, 0), "utimensat": on(Path, 1, 0),
	"setxattr": on(Path, 0, -1), "lsetxattr": on(Path, 0, -1), "fsetxattr": on(Path, NoPath, 0),
	"removexattr": on(Path, 0, -1), "lremovexattr": on(Path, 0, -1), "fremovexattr": on(Path, NoPath, 0),

	"execve": on(Refused, 0, -1), "execveat": on(Refused, 1, 0), "chdir": on(Refused, 0, -1),
	"chroot": on(Refused, 0, -1), "mount": on(Refused, 1, -1).by(3), "umount2": on(Refused, 0, -1).by(1),

	"mmap": Map, "flock": Lock, "fcntl": Control.by(1),

	"socket": Socket.by(0, 1, 2) | Descriptor, "bind": Bind, "listen": Listen, "connect": Connect,
	"accept": Descriptor, "accept4": Descriptor, "dup": Descriptor, "dup2": Descriptor, "dup3": Descriptor,
	"epoll_create": Descriptor, "epoll_create1": Descriptor, "eventfd": Descriptor, "eventfd2": Descriptor,
	"inotify_init": Descriptor, "inotify_init1": Descriptor, "signalfd4": Descriptor, "timerfd_create": Descriptor,

	"setuid": Identity, "setgid": Identity, "setreuid": Identity, "setregid": Identity,
	"setresuid": Identity, "setresgid": Identity, "setfsuid": Args, "setfsgid": Args, "setgroups": Identity,

	"kill": Kill, "tkill": Kill, "tgkill": Tgkill,

	"setpriority": Args,

	// What follows, and above what has values to filter by, is what profiles in
	// use look at: the engine's own (moby, profiles/seccomp: clone, personality,
	// socket), systemd's RestrictAddressFamilies, RestrictNamespaces,
	// RestrictRealtime and LockPersonality (systemd.exec(5)), Flatpak's (ioctl)
	// and those of browsers (prctl, fcntl, ioctl, socketpair).
	"clone": Class(0).by(0), "clone3": FilterWord, "unshare": Args.by(0), "setns": Args.by(1),
	"socketpair": Class(0).by(0, 1, 2), "setsockopt": Class(0).by(1, 2), "getsockopt": Class(0).by(1, 2),
	"ioctl": Class(0).by(1), "prctl": Args.by(0), "arch_prctl": Class(0).by(0), "personality": Class(0).by(0),
	"kcmp": Class(0).by(2), "ptrace": Class(0).by(0), "bpf": Class(0).by(0), "keyctl": Class(0).by(0), "syslog": Class(0).by(0),
	"seccomp": Class(0).by(0, 1), "memfd_create": Class(0).by(1) | Descriptor, "sched_setscheduler": Class(0).by(1), "quotactl": Class(0).by(0),
}
