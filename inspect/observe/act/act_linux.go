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
// that capability up; gate waits for a byte from stdin; join:DIR puts the
// process into a cgroup; sh:SCRIPT becomes a shell; again, self and fd execute the program anew with what
// follows, by its path, through /proc/self and through /dev/fd; each runs what
// follows, every act in a process and a directory of its own.
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
	if script, ok := strings.CutPrefix(name, "sh:"); ok {
		return unix.Exec("/bin/sh", []string{"sh", "-c", script}, os.Environ())
	}
	switch name {
	case "gate":
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

// timed prints how many nanoseconds of processor time an open and close takes,
// the best of some rounds: what else runs on the machine does not count.
func timed() error {
	const calls = 20_000
	best := time.Duration(1<<63 - 1)
	for range 5 {
		began, err := processorTime()
		if err != nil {
			return err
		}
		if err := many("f", calls); err != nil {
			return err
		}
		now, err := processorTime()
		if err != nil {
			return err
		}
		best = min(best, now-began)
	}
	fmt.Println(best.Nanoseconds() / calls)
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
	c := exec.Command("./"+name, Word, "nothing")
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
