package trace

import (
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/syscalls"
)

// isCompat says that a call is one of 32-bit programs (AUDIT_ARCH_* of
// linux/audit.h: the bit tells 64-bit architectures).
func isCompat(arch uint32) bool { return arch&0x8000_0000 == 0 }

// untraced is CLONE_UNTRACED of clone(2).
const untraced = 0x0080_0000

// enter reads what a call was given while it is still there, and counts it:
// some never return.
func (t *tracer) enter(k *task, info syscallInfo) *call {
	c := &call{compat: isCompat(info.arch)}
	table := t.native
	if c.compat {
		table = t.compat
	}
	c.name = table.Name(int(info.union[0]))
	copy(c.args[:], info.union[1:])
	class := syscalls.Classes[c.name]
	if t.began {
		t.record.Syscall(c.name, t.phase, c.compat).Count++
		t.arguments(k, c, class)
	}
	if c.compat {
		return c
	}
	switch class.Handle() {
	case syscalls.Open, syscalls.Path, syscalls.Refused:
		arg, dir := class.Path()
		c.first = t.target(k, c, arg, dir)
		if arg, dir, ok := class.Second(); ok {
			c.second = t.target(k, c, arg, dir)
		}
	}
	switch c.name {
	case "open", "creat", "openat", "openat2":
		c.fresh = creates(k, c)
	case "execve", "execveat":
		c.asked = asked(k, c)
		if s, err := readStatus(k.tid); err == nil {
			c.from = s.uid
		}
	case "clone":
		t.stranger(c.args[0])
	case "clone3":
		if flags, err := word(k.tid, c.args[0]); err == nil {
			t.stranger(flags)
		}
	}
	return c
}

// arguments records the values that profiles filter on.
func (t *tracer) arguments(k *task, c *call, class syscalls.Class) {
	args, memory := class.Filters()
	if len(args) == 0 && !memory {
		return
	}
	a := observe.Arguments{Syscall: c.name, Phase: t.phase, Compat: c.compat, Any: c.compat}
	values := [4]uint64(c.args[:4])
	if memory && !c.compat {
		var err error
		values[0], err = word(k.tid, values[0])
		a.Any = err != nil
	}
	if !a.Any {
		a.Values = syscalls.Values(class, values)
	}
	t.record.Arguments(a)
}

// stranger counts a child that the kernel does not let be followed.
func (t *tracer) stranger(flags uint64) {
	if flags&untraced != 0 && t.began {
		t.record.Lost.Tasks++
	}
}

// asked is the name that an execution was given, as it was given.
func asked(k *task, c *call) string {
	at := c.args[0]
	if c.name == "execveat" {
		at = c.args[1]
	}
	name, err := text(k.tid, at)
	if err != nil {
		return ""
	}
	return name
}

// target finds the path that an argument names in the container's view, a link
// in its last part not followed.
func (t *tracer) target(k *task, c *call, arg, dir int) target {
	name := ""
	// A null pointer stands for the directory itself in utimensat(2).
	if arg != syscalls.NoPath && c.args[arg] != 0 {
		var err error
		if name, err = text(k.tid, c.args[arg]); err != nil {
			return target{bad: true}
		}
	}
	from, err := t.base(k, c, name, dir)
	if err != nil {
		return target{bad: true}
	}
	from, ok := place(from)
	if !ok {
		return target{}
	}
	return target{path: path.Join(from, name), named: true}
}

// base is the directory that a path starts from: the process's root, the one it
// was given, or its own.
func (t *tracer) base(k *task, c *call, name string, dir int) (string, error) {
	switch {
	case strings.HasPrefix(name, "/"):
		root, err := link(k.tid, "root")
		if err != nil && !t.moved {
			// Of a process out of reach: nobody had another root so far.
			return "/", nil
		}
		return root, err
	case dir < 0 || int32(c.args[dir]) == unix.AT_FDCWD:
		cwd, err := link(k.tid, "cwd")
		if known := t.cwd[k.group]; err != nil && known != "" {
			return known, nil
		}
		return cwd, err
	}
	return link(k.tid, fmt.Sprintf("fd/%d", int32(c.args[dir])))
}

// creates says that the call would create a file, as it is not there yet.
func creates(k *task, c *call) bool {
	flags, ok := openFlags(k, c)
	if !ok || flags&unix.O_CREAT == 0 || !c.first.named {
		return ok && flags&unix.O_TMPFILE == unix.O_TMPFILE
	}
	if flags&unix.O_EXCL != 0 {
		return true
	}
	_, err := os.Stat(c.first.path)
	return os.IsNotExist(err)
}

// openFlags are the flags that a file is opened with.
func openFlags(k *task, c *call) (int, bool) {
	switch c.name {
	case "open":
		return int(c.args[1]), true
	case "openat":
		return int(c.args[2]), true
	case "creat":
		return unix.O_CREAT | unix.O_WRONLY | unix.O_TRUNC, true
	}
	flags, err := word(k.tid, c.args[2]) // struct open_how begins with them
	return int(flags), err == nil
}

// leave records what came of a call.
func (t *tracer) leave(k *task, c *call, ret int64) {
	refused := ret == -int64(unix.EPERM) || ret == -int64(unix.EACCES)
	if refused {
		t.record.Syscall(c.name, t.phase, c.compat).Denied++
	}
	if c.compat {
		return
	}
	switch c.name {
	case "chroot", "pivot_root", "setns", "unshare":
		t.moved = t.moved || ret == 0
	case "chdir":
		if ret == 0 {
			t.cwd[k.group] = c.first.path
		}
	case "fchdir":
		if ret == 0 {
			t.cwd[k.group], _ = link(k.tid, "cwd") // "" where it is out of reach
		}
	}
	readOnly := ret == -int64(unix.EROFS)
	class := syscalls.Classes[c.name]
	if class&syscalls.Descriptor != 0 && ret >= 0 {
		t.peaks.OpenFiles = max(t.peaks.OpenFiles, uint64(ret)+1)
	}
	switch class.Handle() {
	case syscalls.Open:
		if ret >= 0 {
			t.opened(k, c, ret)
		} else if refused || readOnly {
			t.refused(c, ret)
		}
	case syscalls.Path:
		if ret >= 0 {
			t.changed(k, c.first, syscalls.Access(c.name, false))
			if _, _, ok := class.Second(); ok {
				t.changed(k, c.second, syscalls.Access(c.name, true))
			}
		} else if refused || readOnly {
			t.refused(c, ret)
		}
	case syscalls.Refused:
		if refused || readOnly {
			t.refused(c, ret)
		}
	case syscalls.Socket, syscalls.Bind, syscalls.Connect, syscalls.Listen:
		t.socket(k, c, ret, refused, readOnly)
	case syscalls.Map:
		if uint64(ret) < lowestError && c.args[2]&unix.PROT_EXEC != 0 && c.args[3]&unix.MAP_ANONYMOUS == 0 {
			t.used(k, c.args[4], observe.Mapped)
		}
	case syscalls.Lock, syscalls.Control:
		if ret == 0 && (class.Handle() == syscalls.Lock || locks(c.args[1])) {
			t.used(k, c.args[0], observe.Locked)
		}
	case syscalls.Identity:
		if ret == 0 {
			t.identity(k)
		}
	case syscalls.Kill, syscalls.Tgkill:
		if ret == 0 {
			number := c.args[1]
			if class.Handle() == syscalls.Tgkill {
				number = c.args[2]
			}
			t.record.Signal(observe.Signal{Number: int(number & 0x7f), Executable: k.exe, Phase: t.phase})
		}
	}
}

// opened records the file behind a descriptor.
func (t *tracer) opened(k *task, c *call, fd int64) {
	name, err := link(k.tid, fmt.Sprintf("fd/%d", fd))
	if err != nil {
		// The process is out of reach: what it asked for has to do.
		if f := t.named(c.first); f != nil {
			t.accessed(f, k, c)
			t.remember(k, fd, c.first)
		}
		return
	}
	name, ok := place(name)
	if !ok {
		return
	}
	f := t.record.File(name, t.phase)
	if f == nil {
		return
	}
	t.resolved(f, k, fd)
	t.accessed(f, k, c)
}

// resolved notes what the kernel says of the file behind a descriptor.
func (t *tracer) resolved(f *observe.File, k *task, fd int64) {
	f.Named = false
	var found unix.Stat_t
	if unix.Stat(fmt.Sprintf("/proc/%d/fd/%d", k.tid, fd), &found) != nil {
		return
	}
	f.Kind = syscalls.Kind(found.Mode)
	if f.Owner == nil {
		f.Owner = &observe.Owner{UID: found.Uid, GID: found.Gid, Mode: found.Mode & 0o7777}
	}
}

// mostRemembered bounds the descriptors whose names are remembered.
const mostRemembered = 4096

// remember keeps the name that the file behind a descriptor was opened by, for
// processes that are out of reach.
func (t *tracer) remember(k *task, fd int64, by target) {
	if t.opens == nil || len(t.opens) >= mostRemembered {
		t.opens = map[descriptor]target{}
	}
	t.opens[descriptor{k.group, int32(fd)}] = by
}

// used records what was done with the file behind a descriptor besides opening
// it.
func (t *tracer) used(k *task, fd uint64, done observe.Access) {
	name, err := link(k.tid, fmt.Sprintf("fd/%d", int32(fd)))
	if by, ok := t.opens[descriptor{k.group, int32(fd)}]; err != nil && ok {
		if f := t.named(by); f != nil {
			f.Accessed(done)
		}
		return
	}
	if err != nil {
		t.record.Lost.Paths++
		return
	}
	if name, ok := place(name); ok {
		if f := t.record.File(name, t.phase); f != nil {
			t.resolved(f, k, int64(int32(fd)))
			f.Accessed(done)
		}
	}
}

// lowestError is the smallest number that is an error when an address was to be
// returned (errors are -1 to -4095).
const lowestError = ^uint64(0) - 4094

// locks says that a command of fcntl(2) sets a lock.
func locks(command uint64) bool {
	switch command {
	case unix.F_SETLK, unix.F_SETLKW, unix.F_OFD_SETLK, unix.F_OFD_SETLKW:
		return true
	}
	return false
}

// accessed adds to a file what it was opened for.
func (t *tracer) accessed(f *observe.File, k *task, c *call) {
	flags, ok := openFlags(k, c)
	if !ok || flags&unix.O_PATH != 0 {
		return
	}
	if mode := flags & unix.O_ACCMODE; mode == unix.O_RDONLY || mode == unix.O_RDWR {
		f.Accessed(observe.Read)
	}
	if mode := flags & unix.O_ACCMODE; mode == unix.O_WRONLY || mode == unix.O_RDWR {
		f.Accessed(observe.Written)
	}
	if c.fresh {
		f.Accessed(observe.Created)
	}
	if c.fresh || flags&unix.O_ACCMODE != unix.O_RDONLY {
		t.written(f, k)
	}
}

// written notes who wrote a file, and whose the directory is that holds it.
func (t *tracer) written(f *observe.File, k *task) {
	if s, err := readStatus(k.tid); err == nil {
		f.WrittenBy(s.uid)
	}
	var found unix.Stat_t
	if f.Directory == nil && !t.moved && unix.Lstat(path.Dir(f.Path), &found) == nil {
		f.Directory = &observe.Owner{UID: found.Uid, GID: found.Gid, Mode: found.Mode & 0o7777}
	}
}

// named finds the entry of a path that a call was given.
func (t *tracer) named(at target) *observe.File {
	if at.bad {
		t.record.Lost.Paths++
	}
	if !at.named {
		return nil
	}
	return t.record.File(at.path, t.phase)
}

func (t *tracer) changed(k *task, at target, access observe.Access) {
	f := t.named(at)
	if f == nil || access == "" {
		return
	}
	f.Accessed(access)
	if access.Writes() {
		t.written(f, k)
	}
}

func (t *tracer) refused(c *call, ret int64) {
	if f := t.named(c.first); f != nil {
		f.Refuse(syscalls.Refusal(ret))
	}
}

// identity counts what a process has become.
func (t *tracer) identity(k *task) {
	s, err := readStatus(k.tid)
	if err != nil {
		t.record.Lost.Checks++
		return
	}
	t.record.Identity(observe.Identity{Executable: k.exe, UID: s.uid, GID: s.gid, Phase: t.phase})
}

// place is a path that leads to a file: pipes, sockets and memory files have
// none. A removed file keeps its former one.
func place(path string) (string, bool) {
	return strings.TrimSuffix(path, " (deleted)"), strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "/memfd:")
}
