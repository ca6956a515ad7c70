package trace

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// task is a thread that is traced.
type task struct {
	tid, group int
	exe        string
	// ending says that it has passed its last stop.
	ending bool
	// call is the system call it is in, nil outside of one.
	call *call
}

// executes says that a thread is becoming another program.
func (k *task) executes() bool {
	return k.call != nil && (k.call.name == "execve" || k.call.name == "execveat")
}

// call is a system call under way.
type call struct {
	name   string
	compat bool
	args   [6]uint64
	// first and second are the paths that it was given.
	first, second target
	// asked is the program's name as an execution was given it.
	asked string
	// fresh says that the file to be opened was not there.
	fresh bool
	// from is the effective user before an execution.
	from uint32
}

// target is a file that a call names.
type target struct {
	path string
	// named is false where there is none; bad where it could not be read.
	named, bad bool
}

// status are the fields of /proc/<tid>/status that matter (proc_pid_status(5)).
type status struct {
	group, parent, tracer int
	// uid and gid are the effective ones, as this namespace counts them.
	uid, gid uint32
}

func readStatus(tid int) (status, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return status{}, err
	}
	defer f.Close()
	var s status
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 2 {
			continue
		}
		n, _ := strconv.Atoi(words[1]) // other fields are no numbers
		switch words[0] {
		case "Tgid:":
			s.group = n
		case "PPid:":
			s.parent = n
		case "TracerPid:":
			s.tracer = n
		case "Uid:":
			s.uid = effective(words)
		case "Gid:":
			s.gid = effective(words)
		}
	}
	return s, nil
}

// effective is the second of the four IDs.
func effective(words []string) uint32 {
	if len(words) < 3 {
		return 0
	}
	n, _ := strconv.ParseUint(words[2], 10, 32) // the kernel wrote it
	return uint32(n)
}

func link(tid int, name string) (string, error) {
	return os.Readlink(fmt.Sprintf("/proc/%d/%s", tid, name))
}

// executable is what a process executes, "" where it may not be known.
func executable(tid int) string {
	name, err := link(tid, "exe")
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(name, " (deleted)")
}
