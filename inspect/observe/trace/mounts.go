package trace

import (
	"slices"
	"strconv"
	"strings"

	"bulkhead/inspect/observe"
)

// parseMounts reads the mounts of /proc/self/mountinfo (proc_pid_mountinfo(5)),
// the last of those that lie over each other. Lines that are none are passed over.
func parseMounts(text string) []observe.Mount {
	at := map[string]observe.Mount{}
	for line := range strings.Lines(text) {
		mount, filesystem, ok := strings.Cut(line, " - ")
		fields, of := strings.Fields(mount), strings.Fields(filesystem)
		if !ok || len(fields) < 6 || len(of) < 1 || !strings.HasPrefix(fields[4], "/") {
			continue
		}
		options := strings.Split(fields[5], ",")
		point := unescaped(fields[4])
		at[point] = observe.Mount{
			Point: point, Type: of[0], ReadOnly: slices.Contains(options, "ro"), NoExec: slices.Contains(options, "noexec"),
		}
	}
	var list []observe.Mount
	for _, m := range at {
		list = append(list, m)
	}
	return list
}

// unescaped reads the octal escapes of spaces and the like.
func unescaped(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+4 <= len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}
