package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Scan is one look at which processes belong to which container.
type Scan struct {
	root Root
	// byContainer are the processes in a container's cgroup, in ascending order;
	// parents are the parents of those processes.
	byContainer map[string][]int
	parents     map[int]int
	// partial says that other users' processes are hidden from us.
	partial bool
}

// Scan finds the processes of the containers with these full IDs, by the names
// of the cgroups they are in.
func (r Root) Scan(ctx context.Context, ids []string) (*Scan, error) {
	pids, err := r.pids()
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	s := &Scan{root: r, byContainer: map[string][]int{}, parents: map[int]int{}, partial: !r.Whole()}
	for _, pid := range pids {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		cgroup, err := r.read(pid, "cgroup")
		if err != nil {
			continue // it ended, or hides from us; its container says so by its main process
		}
		id := containerOf(cgroup, wanted)
		if id == "" {
			continue
		}
		s.byContainer[id] = append(s.byContainer[id], pid)
		if status, err := r.read(pid, "status"); err == nil {
			s.parents[pid], _ = strconv.Atoi(field(status, "PPid"))
		}
	}
	return s, nil
}

// containerOf names the wanted container whose cgroup the text of
// /proc/PID/cgroup stands in. The engine names the cgroup after the ID, or
// docker-ID.scope where systemd makes it; an init inside may add further ones
// below.
func containerOf(cgroup string, wanted map[string]bool) string {
	for line := range strings.Lines(cgroup) {
		for part := range strings.SplitSeq(strings.TrimSpace(line), "/") {
			part = strings.TrimSuffix(part, ".scope")
			if i := strings.LastIndexByte(part, '-'); i >= 0 {
				part = part[i+1:]
			}
			if wanted[part] {
				return part
			}
		}
	}
	return ""
}

// pids are the processes that can be seen, in ascending order.
func (r Root) pids() ([]int, error) {
	dir, err := os.Open(string(r))
	if err != nil {
		return nil, fmt.Errorf("listing the processes: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("listing the processes: %w", err)
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids, nil
}

// read reads one file of a process.
func (r Root) read(pid int, name string) (string, error) {
	f, err := os.Open(filepath.Join(string(r), strconv.Itoa(pid), name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, longest))
	return string(data), err
}

// gone says that the error means that the process has ended.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// field is the value of "Name:<tab>value" in /proc/PID/status, "" without one.
func field(status, name string) string {
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
