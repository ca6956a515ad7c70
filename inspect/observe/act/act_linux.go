package act

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"bulkhead/inspect"
)

// Word is the first argument of a test binary that is to act.
const Word = "act"

// Main does what the arguments name, one after the other, in the current
// directory, and returns an exit code. Some words are no acts: -CAPABILITY gives
// that capability up; gate writes a byte to stdout and waits for one from stdin;
// join:DIR puts the process into a cgroup; in:DIR goes to a directory; read:FILE
// and write:FILE open a file; sh:SCRIPT becomes a shell; again, self and fd
// execute the program anew with what follows, by its path, through /proc/self and
// through /dev/fd; each runs what follows, every act in a process and a directory
// of its own.
func Main(args []string, in io.Reader, errOut io.Writer) int {
	for i, name := range args {
		if err := one(name, args[i+1:], in); err != nil {
			fmt.Fprintf(errOut, "%s: %v\n", name, err)
			return 1
		}
		if name == "each" {
			break
		}
	}
	return 0
}

func one(name string, rest []string, in io.Reader) error {
	if capability, ok := strings.CutPrefix(name, "-"); ok {
		return giveUp(capability)
	}
	if dir, ok := strings.CutPrefix(name, "join:"); ok {
		return os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0o644)
	}
	if dir, ok := strings.CutPrefix(name, "in:"); ok {
		return os.Chdir(dir)
	}
	if file, ok := strings.CutPrefix(name, "read:"); ok {
		return open(file, unix.O_RDONLY)
	}
	if file, ok := strings.CutPrefix(name, "write:"); ok {
		return write(file, 0o640)
	}
	if script, ok := strings.CutPrefix(name, "sh:"); ok {
		return unix.Exec("/bin/sh", []string{"sh", "-c", script}, os.Environ())
	}
	switch name {
	case "gate":
		if _, err := os.Stdout.WriteString("."); err != nil {
			return err
		}
		_, err := in.Read(make([]byte, 1))
		return err
	case "usr1":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, unix.SIGUSR1)
		<-signals
		return nil
	case "again", "self", "fd":
		return again(name, rest)
	case "each":
		return each(rest)
	}
	do, ok := acts[name]
	if !ok {
		return errors.New("no such act")
	}
	return do()
}

// again executes this program anew.
func again(how string, args []string) error {
	name, err := os.Executable()
	switch {
	case err != nil:
		return err
	case how == "self":
		name = "/proc/self/exe"
	case how == "fd":
		fd, err := unix.Open(name, unix.O_RDONLY, 0)
		if err != nil {
			return err
		}
		name = fmt.Sprintf("/dev/fd/%d", fd)
	}
	return unix.Exec(name, append([]string{name, Word}, args...), os.Environ())
}

// each runs every act in a child of its own, with a directory of its own, and
// goes on after one that fails.
func each(names []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.MkdirAll(name, 0o755); err != nil {
			return err
		}
		child := exec.Command(self, append([]string{Word}, strings.Split(name, "+")...)...)
		child.Dir, child.Stderr = name, os.Stderr
		if err := child.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
			return err
		}
	}
	return nil
}

// giveUp takes a capability from the effective and permitted sets.
func giveUp(name string) error {
	set, err := inspect.ParseCap(name)
	if err != nil {
		return err
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	for i := range data {
		part := uint32(set >> (32 * i))
		data[i].Effective &^= part
		data[i].Permitted &^= part
	}
	runtime.LockOSThread()
	return unix.Capset(&header, &data[0])
}

// other is a user and group that is not root.
const other = 33

// netRaw is a vfs_cap_data of revision 2: NET_RAW, permitted and effective
// (linux/capability.h).
var netRaw = []byte{1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

// acts are what can be done. Those that are named after a capability ask the
// kernel for it.
var acts = map[string]func() error{
	"nothing": func() error { return nil },
	"busy":    busy,

	"chown":      func() error { return errors.Join(write("f", 0o644), os.Chown("f", other, other)) },
	"setuid":     func() error { return raw(unix.SYS_SETUID, other, 0, 0) },
	"setgid":     func() error { return raw(unix.SYS_SETGID, other, 0, 0) },
	"setgroups":  func() error { return raw(unix.SYS_SETGROUPS, 0, 0, 0) },
	"sys_chroot": func() error { return unix.Chroot("/") },
	"mknod":      func() error { return unix.Mknod("null", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))) },
	"net_bind_service": func() error {
		return onSocket(unix.AF_INET, unix.SOCK_STREAM, 0, func(fd int) error { return unix.Bind(fd, &unix.SockaddrInet4{Port: 81}) })
	},
	"net_raw": func() error {
		return onSocket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP, func(int) error { return nil })
	},
	"kill":         killOther,
	"fowner":       func() error { return errors.Join(owned("f", 0o644), os.Chmod("f", 0o600)) },
	"fsetid":       func() error { return errors.Join(owned("f", 0o644), os.Chown("f", 0, other), unix.Chmod("f", 0o2755)) },
	"dac_override": func() error { return errors.Join(owned("f", 0o400), write("f", 0)) },
	"setpcap":      func() error { return unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_AUDIT_CONTROL, 0, 0, 0) },
	"setfcap": func() error {
		return errors.Join(write("f", 0o755), unix.Setxattr("f", "security.capability", netRaw, 0))
	},
	"audit_write": audit,

	"read":    func() error { return errors.Join(write("f", 0o644), open("f", unix.O_RDONLY)) },
	"write":   func() error { return write("f", 0o644) },
	"create":  func() error { return open("new", unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY) },
	"mkdir":   func() error { return os.MkdirAll("d/e", 0o755) },
	"rename":  func() error { return errors.Join(write("old", 0o644), os.Rename("old", "renamed")) },
	"unlink":  func() error { return errors.Join(write("gone", 0o644), os.Remove("gone")) },
	"symlink": func() error { return os.Symlink("/nowhere", "link") },
	"through": func() error {
		return errors.Join(write("f", 0o644), os.Symlink("f", "link"), open("link", unix.O_RDONLY))
	},
	"truncate": func() error { return errors.Join(write("f", 0o644), os.Truncate("f", 0)) },
	"missing":  func() error { _ = open("missing", unix.O_RDONLY); return nil },
	"beneath":  beneath,
	"chrooted": chrooted,
	"deep":     deep,
	"pipe":     func() error { return unix.Pipe(make([]int, 2)) },

	"listen_tcp": func() error {
		return onSocket(unix.AF_INET, unix.SOCK_STREAM, 0, func(fd int) error {
			return errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Port: 40404}), unix.Listen(fd, 1))
		})
	},
	"listen_unix": func() error {
		return onSocket(unix.AF_UNIX, unix.SOCK_STREAM, 0, func(fd int) error {
			return errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: "sock"}), unix.Listen(fd, 1))
		})
	},
	"connect": func() error {
		return onSocket(unix.AF_INET, unix.SOCK_DGRAM, 0, func(fd int) error {
			// Without a route it fails, and is an attempt all the same.
			_ = unix.Connect(fd, &unix.SockaddrInet4{Port: 5353, Addr: [4]byte{127, 0, 0, 1}})
			return nil
		})
	},
	"netlink": func() error {
		return onSocket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE, func(int) error { return nil })
	},

	"listen_loopback": func() error {
		return onSocket(unix.AF_INET, unix.SOCK_STREAM, 0, func(fd int) error {
			return errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Port: 40405, Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 1))
		})
	},
	"listen_tcp6": func() error {
		return onSocket(unix.AF_INET6, unix.SOCK_STREAM, 0, func(fd int) error {
			return errors.Join(unix.Bind(fd, &unix.SockaddrInet6{Port: 40406}), unix.Listen(fd, 1))
		})
	},
	"connect_unix":     connectUnix("/nowhere.sock"),
	"connect_abstract": connectUnix("@bulkhead"),
	"many_peers": func() error {
		return onSocket(unix.AF_INET, unix.SOCK_DGRAM, 0, func(fd int) error {
			for n := range byte(20) {
				_ = unix.Connect(fd, &unix.SockaddrInet4{Port: 53, Addr: [4]byte{127, 0, 1, n}})
			}
			return nil
		})
	},

	"map_x":      func() error { return mapped(unix.PROT_READ | unix.PROT_EXEC) },
	"map_r":      func() error { return mapped(unix.PROT_READ) },
	"flock":      func() error { return onFile("f", func(fd int) error { return unix.Flock(fd, unix.LOCK_EX) }) },
	"fcntl_lock": func() error { return recordLock(unix.F_SETLK) },
	"ofd_lock":   func() error { return recordLock(unix.F_OFD_SETLK) },
	"getlk":      func() error { return recordLock(unix.F_GETLK) },
	"owned_dir":  ownedDirectory,
	"high_fd":    func() error { return onFile("f", func(fd int) error { return unix.Dup3(fd, 200, unix.O_CLOEXEC) }) },
	"threads":    threads,
	"on_tmpfs":   onTmpfs,
	"copy_x":     func() error { return errors.Join(copySelf("copy"), exec.Command("./copy", Word, "nothing").Run()) },

	// These may fail, and are seen all the same.
	"clone":       func() error { _ = raw(unix.SYS_CLONE, unix.CLONE_THREAD, 0, 0); return nil },
	"clone3":      clone3,
	"unshare":     func() error { _ = unix.Unshare(unix.CLONE_FS); return nil },
	"setns":       func() error { _ = raw(unix.SYS_SETNS, ^uintptr(0), unix.CLONE_NEWUTS, 0); return nil },
	"ioctl":       func() error { _ = raw(unix.SYS_IOCTL, 0, unix.TIOCGWINSZ, 0); return nil },
	"many_ioctls": func() error { return manyIoctls(20) },
	"kcmp":        func() error { _ = raw(unix.SYS_KCMP, 0, 0, 1); return nil },
	"vsock":       func() error { _ = raw(unix.SYS_SOCKET, unix.AF_VSOCK, unix.SOCK_STREAM, 0); return nil },

	"personality": func() error { return raw(unix.SYS_PERSONALITY, 0xffffffff, 0, 0) },
	"prctl":       func() error { return unix.Prctl(unix.PR_SET_KEEPCAPS, 0, 0, 0, 0) },
	"fcntl": func() error {
		return onFile("f", func(fd int) error { _, err := unix.FcntlInt(uintptr(fd), unix.F_GETOWN, 0); return err })
	},
	"socketpair": func() error { _, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET, 0); return err },
	"setsockopt": func() error {
		return onSocket(unix.AF_INET, unix.SOCK_STREAM, 0, func(fd int) error {
			return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
	},

	"signal":   func() error { return unix.Kill(os.Getpid(), unix.SIGURG) },
	"script":   script,
	"setuid_x": setuidProgram,
	"fcap_x":   fileCapProgram,
	"filtered": func() error { _ = raw(unix.SYS_ADD_KEY, 0, 0, 0); return nil },
	"io_uring": func() error { _ = raw(unix.SYS_IO_URING_SETUP, 0, 0, 0); return nil },
	"compat":   func() error { return Compat(".") },
	"userns":   userNamespace,
	"thread_x": threadExec,
	"many":     func() error { return many("f", 2000) },
	"time":     timed,
}

// raw makes a system call on this thread alone: the wrappers of some would make
// it on every thread.
func raw(number, a, b, c uintptr) error {
	if _, _, errno := unix.RawSyscall(number, a, b, c); errno != 0 {
		return errno
	}
	return nil
}

func open(name string, flags int) error {
	fd, err := unix.Open(name, flags, 0o644)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func write(name string, mode uint32) error {
	fd, err := unix.Open(name, unix.O_CREAT|unix.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = unix.Write(fd, []byte("x"))
	return errors.Join(err, unix.Close(fd))
}

// owned makes a file of the other user.
func owned(name string, mode uint32) error {
	return errors.Join(write(name, mode), os.Chown(name, other, other))
}

func many(name string, n int) error {
	err := write(name, 0o644)
	for range n {
		err = errors.Join(err, open(name, unix.O_RDONLY))
	}
	return err
}

// timed prints how many nanoseconds an open and close takes, of processor time and
// by the clock, each the best of some short rounds: what else runs on the machine
// counts little.
func timed() error {
	const calls = 200
	processor, wall := time.Duration(1<<63-1), time.Duration(1<<63-1)
	for range 100 {
		before, err := processorTime()
		if err != nil {
			return err
		}
		began := time.Now()
		if err := many("f", calls); err != nil {
			return err
		}
		wall = min(wall, time.Since(began))
		now, err := processorTime()
		if err != nil {
			return err
		}
		processor = min(processor, now-before)
	}
	fmt.Println(processor.Nanoseconds()/calls, wall.Nanoseconds()/calls)
	return nil
}

func processorTime() (time.Duration, error) {
	var t unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t)
	return time.Duration(t.Nano()), err
}

func onSocket(family, kind, protocol int, do func(fd int) error) error {
	fd, err := unix.Socket(family, kind, protocol)
	if err != nil {
		return err
	}
	return errors.Join(do(fd), unix.Close(fd))
}

// connectUnix tries to connect to a unix socket that nobody listens on.
func connectUnix(name string) func() error {
	return func() error {
		return onSocket(unix.AF_UNIX, unix.SOCK_STREAM, 0, func(fd int) error {
			_ = unix.Connect(fd, &unix.SockaddrUnix{Name: name})
			return nil
		})
	}
}

// onFile opens a new file for reading and writing.
func onFile(name string, do func(fd int) error) error {
	fd, err := unix.Open(name, unix.O_CREAT|unix.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(do(fd), unix.Close(fd))
}

// mapped maps a file with these rights.
func mapped(rights int) error {
	if err := write("lib", 0o755); err != nil {
		return err
	}
	fd, err := unix.Open("lib", unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	_, err = unix.Mmap(fd, 0, 1, rights, unix.MAP_PRIVATE)
	return errors.Join(err, unix.Close(fd))
}

func recordLock(command int) error {
	return onFile("f", func(fd int) error {
		return unix.FcntlFlock(uintptr(fd), command, &unix.Flock_t{Type: unix.F_WRLCK, Len: 1})
	})
}

// ownedDirectory creates, as the other user, a file in a directory of that
// user's.
func ownedDirectory() error {
	if err := errors.Join(unix.Mkdir("own", 0o750), os.Chown("own", other, other), unix.Chmod("own", 0o750)); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return asOther(exec.Command(self, Word, "write:own/f"))
}

// onTmpfs creates files on a filesystem of its own.
func onTmpfs() error {
	runtime.LockOSThread()
	return errors.Join(unix.Unshare(unix.CLONE_NEWNS), unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mkdir("m", 0o755), unix.Mount("tmpfs", "m", "tmpfs", unix.MS_NOEXEC, ""), write("m/f", 0o644), unix.Mkdir("m/d", 0o755))
}

// threads lets there be ten threads more at once.
func threads() error {
	runtime.GOMAXPROCS(20)
	held, done := make(chan bool), make(chan bool)
	for range 10 {
		go func() {
			runtime.LockOSThread()
			held <- true
			<-done
		}()
	}
	for range 10 {
		<-held
	}
	close(done)
	return nil
}

// busy ends while ten threads are in and out of system calls.
func busy() error {
	runtime.GOMAXPROCS(20)
	at := make(chan bool)
	for range 10 {
		go func() {
			runtime.LockOSThread()
			unix.Getppid()
			at <- true
			for {
				unix.Getppid()
			}
		}()
	}
	for range 10 {
		<-at
	}
	return nil
}

// clone3 asks for a thread that shares no memory, which there is not.
func clone3() error {
	args := [11]uint64{unix.CLONE_THREAD | unix.CLONE_NEWUTS}
	_ = raw(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&args)), unsafe.Sizeof(args), 0)
	return nil
}

// manyIoctls asks for things that there are not.
func manyIoctls(n uintptr) error {
	for request := range n {
		_ = raw(unix.SYS_IOCTL, 0, 0xbeef0000+request, 0)
	}
	return nil
}

// child prepares a child that waits until its stdin is closed.
func child(args ...string) (*exec.Cmd, io.WriteCloser, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	c := exec.Command(self, append([]string{Word}, args...)...)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	return c, in, err
}

// killOther sends a signal to a process of another user.
func killOther() error {
	c, in, err := child("gate", "nothing")
	if err != nil {
		return err
	}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: other, Gid: other, NoSetGroups: true}}
	if err := c.Start(); err != nil {
		return err
	}
	err = unix.Kill(c.Process.Pid, unix.SIGKILL)
	in.Close()
	_ = c.Wait() // it was killed
	return err
}

// audit sends a record of its own to the kernel's audit.
func audit() error {
	return onSocket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_AUDIT, func(fd int) error {
		const user = 1005 // AUDIT_USER of linux/audit.h
		message := make([]byte, unix.NLMSG_HDRLEN+4)
		header := (*unix.NlMsghdr)(unsafe.Pointer(&message[0]))
		header.Len, header.Type, header.Flags = uint32(len(message)), user, unix.NLM_F_REQUEST
		return unix.Sendto(fd, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	})
}

// beneath opens and removes relative to a directory's descriptor.
func beneath() error {
	if err := os.MkdirAll("dir", 0o755); err != nil {
		return err
	}
	fd, err := unix.Open("dir", unix.O_DIRECTORY|unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return errors.Join(unix.Mkdirat(fd, "inner", 0o755), unix.Fchmod(fd, 0o700))
}

// chrooted creates a file by an absolute path below another root.
func chrooted() error {
	if err := os.MkdirAll("jail", 0o755); err != nil {
		return err
	}
	return errors.Join(unix.Chroot("jail"), unix.Mkdir("/cell", 0o755), write("/f", 0o644))
}

// deep makes more directories than a walk takes.
func deep() error {
	for range 80 {
		if err := errors.Join(unix.Mkdir("deep", 0o755), unix.Chdir("deep")); err != nil {
			return err
		}
	}
	return write("f", 0o644)
}

// script runs a file whose first line names this program.
func script() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	name, err := filepath.Abs("script.sh")
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, []byte("#!"+self+" "+Word+"\n"), 0o755); err != nil {
		return err
	}
	// The script's name becomes an act that is not there; that it ran is all.
	if err := exec.Command(name).Run(); !errors.As(err, new(*exec.ExitError)) {
		return fmt.Errorf("the script did not run: %w", err)
	}
	return nil
}

// copySelf makes a copy of this program in the current directory.
func copySelf(name string) error {
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(name, self, 0o755), os.Chmod(".", 0o755))
}

// runAsOther runs a program of this directory as the other user.
func runAsOther(name string) error {
	return asOther(exec.Command("./"+name, Word, "nothing"))
}

// asOther runs a command as the other user.
func asOther(c *exec.Cmd) error {
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: other, Gid: other, NoSetGroups: true}}
	return c.Run()
}

// setuidProgram runs a setuid copy of this program as another user.
func setuidProgram() error {
	return errors.Join(copySelf("setuid"), os.Chmod("setuid", 0o755|os.ModeSetuid), runAsOther("setuid"))
}

// fileCapProgram runs a copy of this program that demands a capability.
func fileCapProgram() error {
	return errors.Join(copySelf("fcap"), unix.Setxattr("fcap", "security.capability", netRaw, 0), runAsOther("fcap"))
}

// userNamespace changes an owner with a capability it got from a user
// namespace of its own.
func userNamespace() error {
	c, in, err := child("setgid")
	if err != nil {
		return err
	}
	in.Close()
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		Credential:  &syscall.Credential{NoSetGroups: true},
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 1000, Size: 100}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 1000, Size: 100}}, GidMappingsEnableSetgroups: true,
	}
	return c.Run()
}

// threadExec executes from a thread that is not the process's first.
func threadExec() error {
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		failed <- again("again", []string{"mkdir"})
	}()
	return <-failed
}
