// Package owner names the process that something belongs to, so that what a
// killed one left can be told from what a living one uses. It removes nothing.
package owner

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Self names this process so that another can tell whether it still lives:
// host name, process ID, and when it started, with slashes between them.
func Self() string {
	return ownerOf(os.Getpid())
}

// InName is Self for a part of a file's name: without slashes and dots.
func InName() string { return strings.ReplaceAll(Self(), "/", "+") }

// OfName reads back what InName wrote.
func OfName(part string) string { return strings.ReplaceAll(part, "+", "/") }

func ownerOf(pid int) string {
	return fmt.Sprintf("%s/%d/%s", hostname(), pid, startTime(pid))
}

// hostname is this machine's name with only letters, digits, dashes and
// underscores, so that it can stand in labels and in image tags.
func hostname() string {
	host, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '_'
	}, host)
}

// Gone says that the owner was a process of this machine and is no more. A
// process of another machine cannot be judged from here.
func Gone(owner string) bool {
	host, rest, ok := strings.Cut(owner, "/")
	pidText, _, ok2 := strings.Cut(rest, "/")
	pid, err := strconv.Atoi(pidText)
	if !ok || !ok2 || err != nil {
		return false
	}
	if host != hostname() {
		return false
	}
	return !alive(pid) || ownerOf(pid) != owner
}
