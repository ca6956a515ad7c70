package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"syscall"

	"bulkhead/inspect"
)

// Process reads one process. Executed is for the caller to fill.
func (r Root) Process(pid int) (inspect.Process, error) {
	status, err := r.read(pid, "status")
	if err != nil {
		return inspect.Process{}, err
	}
	p, hostGID, err := parseStatus(status)
	if err != nil {
		return p, fmt.Errorf("/proc/%d/status: %w", pid, err)
	}
	p.PID = pid
	if p.UID, err = r.inside(pid, "uid_map", p.HostUID); err != nil {
		return p, err
	}
	if p.GID, err = r.inside(pid, "gid_map", hostGID); err != nil {
		return p, err
	}
	p.Label, err = r.label(pid)
	return p, err
}

// parseStatus reads /proc/PID/status; the second value is the effective gid on
// the host.
func parseStatus(status string) (inspect.Process, int, error) {
	p := inspect.Process{Command: field(status, "Name")}
	var gid int
	var problem error
	number := func(name, text string, base, bits int) uint64 {
		n, err := strconv.ParseUint(text, base, bits)
		if err != nil && problem == nil {
			problem = fmt.Errorf("%s is %q", name, inspect.Truncate(inspect.Printable(text), 40))
		}
		return n
	}
	p.HostUID = int(number("Uid", effective(field(status, "Uid")), 10, 32))
	gid = int(number("Gid", effective(field(status, "Gid")), 10, 32))
	p.Effective = inspect.CapSet(number("CapEff", field(status, "CapEff"), 16, 64))
	p.Bounding = inspect.CapSet(number("CapBnd", field(status, "CapBnd"), 16, 64))
	p.NoNewPrivileges = number("NoNewPrivs", field(status, "NoNewPrivs"), 10, 8) == 1
	// A kernel without seccomp does not write the line.
	if text := field(status, "Seccomp"); text != "" {
		p.Seccomp = int(number("Seccomp", text, 10, 8))
	}
	return p, gid, problem
}

// effective is the second of "real effective saved file-system".
func effective(ids string) string {
	if fields := strings.Fields(ids); len(fields) == 4 {
		return fields[1]
	}
	return ids
}

// overflow is what an ID without a mapping looks like inside
// (user_namespaces(7), /proc/sys/kernel/overflowuid).
const overflow = 65534

// inside maps an ID of this machine to the one inside the user namespace of the
// process. Each line of the map is "inside outside length".
func (r Root) inside(pid int, name string, host int) (int, error) {
	text, err := r.read(pid, name)
	if errors.Is(err, fs.ErrNotExist) && r.exists(pid) {
		return host, nil // a kernel without user namespaces
	}
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(text) {
		var first, outside, length int64
		if _, err := fmt.Sscan(line, &first, &outside, &length); err != nil {
			return 0, fmt.Errorf("/proc/%d/%s: %w", pid, name, err)
		}
		if at := int64(host) - outside; at >= 0 && at < length {
			return int(first + at), nil
		}
	}
	return overflow, nil
}

func (r Root) exists(pid int) bool {
	_, err := r.read(pid, "status")
	return err == nil
}

// label is the AppArmor or SELinux label, "" where the kernel has no such
// module: the read then fails with EINVAL, or the file is not there.
func (r Root) label(pid int) (string, error) {
	text, err := r.read(pid, "attr/current")
	switch {
	case err == nil:
		return strings.TrimRight(text, "\x00\n"), nil
	case errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EOPNOTSUPP):
		return "", nil
	case errors.Is(err, fs.ErrNotExist) && r.exists(pid):
		return "", nil
	}
	return "", err
}
