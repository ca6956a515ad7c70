package clone

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// self names this process so that another can tell whether it still lives:
// host name, process ID, and when it started.
func self() string {
	return ownerOf(os.Getpid())
}

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

// abandoned says that the owner was a process of this machine and is gone. A
// process of another machine cannot be judged from here.
func abandoned(owner string) bool {
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

func containsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}
