package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"bulkhead/inspect"
)

// Container is what must be known of a container to tell its processes apart.
type Container struct {
	ID string
	// Main is the PID of its main process on this machine.
	Main int
	// Execs says that the engine knows of commands running in it by exec.
	Execs bool
	// SharedPID says that it has no PID namespace of its own: an orphan then goes
	// to the host's or another container's init and looks as if it had come from
	// elsewhere.
	SharedPID bool
}

// Processes reads the processes of the container, its main one first, the
// others in ascending order of their PIDs. The clause says what is not known,
// and is empty where everything was read. Where it is not, what was read may be
// a part of them.
func (s *Scan) Processes(c Container) ([]inspect.Process, string) {
	pids := s.of(c)
	if c.Main <= 0 || len(pids) == 0 || pids[0] != c.Main {
		return nil, fmt.Sprintf("its main process (PID %d) cannot be seen from here", c.Main)
	}
	var processes []inspect.Process
	var unknown string
	if s.partial {
		unknown = "the processes of other users are hidden from you (hidepid); run bulkhead as root"
	}
	if len(pids) > most {
		unknown = fmt.Sprintf("only the first %d of its %d processes were read", most, len(pids))
		pids = pids[:most]
	}
	for _, pid := range pids {
		p, err := s.root.Process(pid)
		switch {
		case err == nil:
			p.Executed = s.executed(c, pid)
			processes = append(processes, p)
		case !gone(err):
			unknown = fmt.Sprintf("process %d of it could not be read: %s", pid, reason(err))
		}
	}
	if len(processes) == 0 && unknown == "" {
		unknown = "it ended while its processes were read"
	}
	return processes, unknown
}

// of are the container's processes, the main one first.
func (s *Scan) of(c Container) []int {
	var pids []int
	for _, pid := range s.byContainer[c.ID] {
		if pid == c.Main {
			pids = append([]int{pid}, pids...)
		} else {
			pids = append(pids, pid)
		}
	}
	return pids
}

// executed says whether the process came into the container by exec: it does
// not descend from the main process. Without a PID namespace of its own an
// orphan does not either, so there the engine must know of an exec.
func (s *Scan) executed(c Container, pid int) bool {
	if c.SharedPID && !c.Execs {
		return false
	}
	for range len(s.parents) + 1 {
		if pid == c.Main {
			return false
		}
		parent, known := s.parents[pid]
		if !known {
			return true
		}
		pid = parent
	}
	return true
}

// reason says an error of a read in a few words.
func reason(err error) string {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "this is not permitted; run bulkhead as root"
	case errors.As(err, &path):
		err = path.Err
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return inspect.Truncate(inspect.Printable(strings.TrimSpace(err.Error())), 120)
}
