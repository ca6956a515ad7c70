package trace

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
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
			s.Family, s.Type, s.Port = made.Family, made.Type, made.Port
		} else if err != nil {
			t.record.Lost.Checks++
			return
		}
	default:
		address, err := peek(k.tid, c.args[1], 4)
		if err != nil {
			t.record.Lost.Checks++
			return
		}
		family := binary.NativeEndian.Uint16(address)
		s.Family = syscalls.Family(family)
		if family == unix.AF_INET || family == unix.AF_INET6 {
			s.Port = binary.BigEndian.Uint16(address[2:])
		}
		if at := (descriptor{k.group, int32(c.args[0])}); c.name == "bind" && ret == 0 {
			if made, known := t.made[at]; known {
				made.Port = s.Port
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
		t.changed(at, observe.Created)
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
		_, port, _ := strings.Cut(row[1], ":")
		n, _ := strconv.ParseUint(port, 16, 16)
		s.Port = uint16(n)
		return s, nil
	}
	return s, fmt.Errorf("socket %s is in none of the tables", inode)
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
