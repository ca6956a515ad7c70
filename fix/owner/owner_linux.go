package owner

import (
	"fmt"
	"os"
	"strings"
)

// stat are the fields of /proc/PID/stat (proc(5)) from the third on, the state;
// nil where there is no such process. The second, the command's name, is in
// parentheses and may hold anything.
func stat(pid int) []string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
}

// startTime is field 22, in clock ticks since boot; it tells a process from a
// later one with the same ID.
func startTime(pid int) string {
	if fields := stat(pid); len(fields) >= 20 {
		return fields[19]
	}
	return ""
}

// alive says whether the process can still do anything: one that has ended may
// be listed until its parent asks for its exit code.
func alive(pid int) bool {
	fields := stat(pid)
	return len(fields) > 0 && fields[0] != "Z" && fields[0] != "X"
}
