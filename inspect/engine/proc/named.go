package proc

import (
	"context"
	"strings"
)

// Program is a running program.
type Program struct {
	PID  int
	Name string
	// Args is its command line; empty where it could not be read.
	Args []string
	// Contained says that it runs in a container's cgroup.
	Contained bool
}

// Named finds the running programs with one of these names, which the kernel
// cuts after 15 bytes. PIDs ascend.
func (r Root) Named(ctx context.Context, names ...string) ([]Program, error) {
	pids, err := r.pids()
	if err != nil {
		return nil, err
	}
	var found []Program
	for _, pid := range pids {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		comm, err := r.read(pid, "comm")
		if err != nil {
			continue // it ended
		}
		comm = strings.TrimSuffix(comm, "\n")
		for _, name := range names {
			if comm == name[:min(len(name), 15)] {
				found = append(found, r.program(pid, name))
			}
		}
	}
	return found, nil
}

// Whole says whether the processes of every user can be seen: a mount with
// hidepid hides those of others (proc(5)), the first process among them.
func (r Root) Whole() bool {
	_, err := r.read(1, "status")
	return err == nil
}

func (r Root) program(pid int, name string) Program {
	p := Program{PID: pid, Name: name}
	if line, err := r.read(pid, "cmdline"); err == nil && line != "" {
		p.Args = strings.Split(strings.TrimSuffix(line, "\x00"), "\x00")
	}
	if cgroup, err := r.read(pid, "cgroup"); err == nil {
		p.Contained = contained(cgroup)
	}
	return p
}

// contained says whether a cgroup is named after a container: 64 hexadecimal
// digits, with or without docker- before and .scope behind.
func contained(cgroup string) bool {
	for part := range strings.FieldsFuncSeq(cgroup, func(r rune) bool { return strings.ContainsRune("/\n-.:", r) }) {
		if len(part) == 64 && strings.Trim(part, "0123456789abcdef") == "" {
			return true
		}
	}
	return false
}
