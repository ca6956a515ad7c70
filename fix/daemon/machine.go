package daemon

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"bulkhead/inspect"
)

// Range is a block of IDs of the host that a user may give to a user namespace
// (subuid(5)).
type Range struct{ Start, Count uint32 }

// Machine is what the steps depend on.
type Machine struct {
	Host inspect.Host
	// User is who is to run a rootless engine.
	User string
	// UIDs and GIDs are the ranges by user name; nil where the file was not read.
	UIDs, GIDs map[string][]Range
	// LowPort is the first port that anybody may bind, 0 where it was not read.
	LowPort int
	// Unread say, a sentence each, what was not read.
	Unread []string
}

// largest bounds every file that is read.
const largest = 1 << 20

// ReadMachine reads what the steps depend on, below root ("/" as a file
// system). It only reads.
func ReadMachine(root fs.FS, user string, host inspect.Host) Machine {
	m := Machine{Host: host, User: user}
	m.UIDs = m.ranges(root, "etc/subuid")
	m.GIDs = m.ranges(root, "etc/subgid")
	text, err := readBounded(root, "proc/sys/net/ipv4/ip_unprivileged_port_start")
	if n, atoi := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && atoi == nil {
		m.LowPort = n
	} else {
		m.Unread = append(m.Unread, "The first port that anybody may bind is not known.")
	}
	return m
}

// ranges reads a file of NAME:START:COUNT lines. One that is not there gives
// nobody anything.
func (m *Machine) ranges(root fs.FS, name string) map[string][]Range {
	data, err := readBounded(root, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.Unread = append(m.Unread, fmt.Sprintf("/%s was not read: %s.", name, inspect.Printable(err.Error())))
		return nil
	}
	return parseRanges(data)
}

// parseRanges passes over what is no line of subuid(5), as shadow does.
func parseRanges(data []byte) map[string][]Range {
	out := map[string][]Range{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		fields := strings.Split(strings.TrimSpace(lines.Text()), ":")
		if len(fields) != 3 || fields[0] == "" {
			continue
		}
		start, err := strconv.ParseUint(fields[1], 10, 32)
		count, err2 := strconv.ParseUint(fields[2], 10, 32)
		if err == nil && err2 == nil && count > 0 {
			out[fields[0]] = append(out[fields[0]], Range{uint32(start), uint32(count)})
		}
	}
	return out
}

func readBounded(root fs.FS, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, largest))
}
