package trace

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What PTRACE_GET_SYSCALL_INFO says (ptrace(2), Linux 5.3 and newer).
const (
	getSyscallInfo = 0x420e
	listen         = 0x4208
	stopEntry      = 1
	stopExit       = 2
)

// syscallInfo is struct ptrace_syscall_info. At the end of a call args[0] of
// the union is what it returned.
type syscallInfo struct {
	op    uint8
	_     [3]uint8
	arch  uint32
	_     [2]uint64 // instruction and stack pointers
	union [7]uint64 // number and arguments, or the result
	_     [2]uint64
}

const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK |
	unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACEEXIT

func ptrace(request, pid int, address, data uintptr) error {
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(pid), address, data, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

func seize(pid int) error { return ptrace(unix.PTRACE_SEIZE, pid, 0, options) }

func stopInfo(tid int) (syscallInfo, error) {
	var info syscallInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, getSyscallInfo, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return info, errno
	}
	return info, nil
}

// resume lets a thread go on to its next stop with a signal, or 0. One that was
// killed meanwhile is gone, or stands at its last stop, which is another one;
// the moment between the question and the answer remains.
func resume(tid int, signal unix.Signal) {
	if !ends(tid) {
		_ = ptrace(unix.PTRACE_SYSCALL, tid, 0, uintptr(signal))
	}
}

// letEnd lets a thread go on from its last stop.
func letEnd(tid int) { _ = ptrace(unix.PTRACE_SYSCALL, tid, 0, 0) }

// ends says that a thread stands at its last stop: the code of its signal says
// which stop it is at (ptrace(2), PTRACE_GETSIGINFO).
func ends(tid int) bool {
	var info struct {
		signal, errno, code int32
		_                   [116]byte
	}
	err := ptrace(unix.PTRACE_GETSIGINFO, tid, 0, uintptr(unsafe.Pointer(&info)))
	return err == nil && info.code == unix.PTRACE_EVENT_EXIT<<8|int32(unix.SIGTRAP)
}

// peek reads from a traced thread's memory word by word, which needs no
// permission but that of tracing it.
func peek(tid int, address uint64, n int) ([]byte, error) {
	data := make([]byte, n)
	got, err := unix.PtracePeekData(tid, uintptr(address), data)
	return data[:got], err
}

// maxPath is PATH_MAX of linux/limits.h.
const maxPath = 4096

// text reads a string; it stops at the first page that is not there.
func text(tid int, address uint64) (string, error) {
	var all []byte
	for len(all) < maxPath {
		chunk, err := peek(tid, address+uint64(len(all)), 64-int((address+uint64(len(all)))%64))
		if err != nil && len(chunk) == 0 {
			return "", err
		}
		if i := bytes.IndexByte(chunk, 0); i >= 0 {
			return string(append(all, chunk[:i]...)), nil
		}
		all = append(all, chunk...)
	}
	return "", unix.ENAMETOOLONG
}

func word(tid int, address uint64) (uint64, error) {
	data, err := peek(tid, address, 8)
	if err != nil {
		return 0, err
	}
	return binary.NativeEndian.Uint64(data), nil
}
