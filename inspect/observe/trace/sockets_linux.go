package trace

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/syscalls"
)

// descriptor is a process's file descriptor.
type descriptor struct {
	group  int
	number int32
}

// socket counts what was tried with a socket.
func (t *tracer) socket(k *task, c *call, ret int64, refused, readOnly bool) {
	s := observe.Socket{Operation: c.name, Executable: k.exe, Phase: t.phase, Refused: refused}
	switch c.name {
	case "socket":
		s.Family = syscalls.Family(uint16(c.args[0]))
		// The upper bits are SOCK_NONBLOCK and SOCK_CLOEXEC.
		s.Type = syscalls.SocketType(uint8(c.args[1] & 0xf))
		if ret >= 0 && len(t.made) < observe.MaxTallies {
			t.made[descriptor{k.group, int32(ret)}] = s
		}
	case "listen":
		if ret < 0 {
			return
		}
		var err error
		made, known := t.made[descriptor{k.group, int32(c.args[0])}]
		if s, err = listening(k.tid, int32(c.args[0]), s); err != nil && known {
			s.Family, s.Type, s.Port, s.Scope = made.Family, made.Type, made.Port, made.Scope
		} else if err != nil {
			t.record.Lost.Checks++
			return
		}
	default:
		// A struct sockaddr_un is the longest that is read here.
		address, err := peek(k.tid, c.args[1], int(max(4, min(c.args[2], 110))))
		if err != nil && len(address) < 2 {
			t.record.Lost.Checks++
			return
		}
		family := binary.NativeEndian.Uint16(address)
		s = syscalls.Addressed(s, address)
		if at := (descriptor{k.group, int32(c.args[0])}); c.name == "bind" && ret == 0 {
			if made, known := t.made[at]; known {
				made.Port, made.Scope = s.Port, s.Scope
				t.made[at] = made
			}
		}
		if c.name == "bind" && family == unix.AF_UNIX && (ret == 0 || refused || readOnly) {
			t.bound(k, c, ret)
		}
	}
	t.record.Socket(s)
}

// bound records the file that a unix socket is bound to; an abstract address is
// none (unix(7)).
func (t *tracer) bound(k *task, c *call, ret int64) {
	data, err := peek(k.tid, c.args[1]+2, int(min(c.args[2], 110))-2)
	if err != nil && len(data) == 0 {
		t.record.Lost.Paths++
		return
	}
	name, _, _ := bytes.Cut(data, []byte{0})
	if len(name) == 0 {
		return
	}
	from, err := t.base(k, c, string(name), -1)
	if err != nil {
		t.record.Lost.Paths++
		return
	}
	at := target{path: path.Join(from, string(name)), named: true}
	if ret == 0 {
		t.changed(k, at, observe.Created)
		return
	}
	c.first = at
	t.refused(c, ret)
}

// tables are where the kernel lists the sockets of a network namespace, with the
// columns of the inode and of what is wanted (proc_pid_net(5)).
var tables = []struct {
	name, family string
	inode        int
}{
	{"tcp", "inet", 9}, {"tcp6", "inet6", 9}, {"unix", "unix", 6},
}

// listening says what kind of socket a descriptor is and what port it has.
func listening(tid int, fd int32, s observe.Socket) (observe.Socket, error) {
	name, err := link(tid, fmt.Sprintf("fd/%d", fd))
	if err != nil {
		return s, err
	}
	inode := strings.TrimSuffix(strings.TrimPrefix(name, "socket:["), "]")
	for _, table := range tables {
		row, err := find(fmt.Sprintf("/proc/%d/net/%s", tid, table.name), table.inode, inode)
		if err != nil || row == nil {
			continue
		}
		s.Family, s.Type = table.family, "stream"
		if table.family == "unix" {
			kind, _ := strconv.ParseUint(row[4], 16, 8) // the kernel wrote it
			s.Type = syscalls.SocketType(uint8(kind))
			return s, nil
		}
		local, port, _ := strings.Cut(row[1], ":")
		s.Scope = scope(local)
		n, _ := strconv.ParseUint(port, 16, 16)
		s.Port = uint16(n)
		return s, nil
	}
	return s, fmt.Errorf("socket %s is in none of the tables", inode)
}

// scope is that of an address as the kernel's tables write it: words of 32 bits
// in hexadecimal, each as the machine reads it; "" where it is none.
func scope(text string) observe.Scope {
	data, err := hex.DecodeString(text)
	if err != nil || len(data)%4 != 0 {
		return ""
	}
	for i := 0; i < len(data); i += 4 {
		binary.NativeEndian.PutUint32(data[i:], binary.BigEndian.Uint32(data[i:]))
	}
	address, ok := netip.AddrFromSlice(data)
	if !ok {
		return ""
	}
	return syscalls.Scope(address)
}

// find returns the row whose column has the value.
func find(file string, column int, value string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if row := strings.Fields(lines.Text()); len(row) > column && row[column] == value {
			return row, nil
		}
	}
	return nil, lines.Err()
}
