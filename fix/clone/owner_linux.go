package clone

import (
	"fmt"
	"os"
	"strings"
)

// startTime is field 22 of /proc/PID/stat (proc(5)), in clock ticks since boot;
// it tells a process from a later one with the same ID.
func startTime(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The command name, field 2, is in parentheses and may hold anything.
	_, after, ok := strings.Cut(string(data[strings.LastIndexByte(string(data), ')')+1:]), " ")
	fields := strings.Fields(after)
	if !ok || len(fields) < 20 {
		return ""
	}
	return fields[19]
}

func alive(pid int) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	return err == nil
}
