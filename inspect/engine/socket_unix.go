//go:build unix

package engine

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"bulkhead/inspect"
)

// socketGroup is the name or number of the group that owns the socket, "" where
// it cannot be seen or is root's.
func socketGroup(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Gid == 0 {
		return ""
	}
	gid := strconv.FormatUint(uint64(stat.Gid), 10)
	if group, err := user.LookupGroupId(gid); err == nil {
		return inspect.Printable(group.Name)
	}
	return gid
}

// socketOwner says in a clause who may use the socket.
func socketOwner(path string) string {
	if group := socketGroup(path); group != "" {
		return fmt.Sprintf(": it is open to root and the group %q", group)
	}
	return ": it is open to its owner alone"
}

// permissionHint says how to be let in, and what that means.
func permissionHint(path string) string {
	group := socketGroup(path)
	if group == "" {
		return "Run bulkhead as the socket's owner (`sudo bulkhead …`), or use a rootless engine of your own."
	}
	return fmt.Sprintf("Run bulkhead with sudo, use a rootless engine of your own, or join the group (`sudo usermod -aG %s $USER`, "+
		"then log in again). Whoever is in that group is as good as root on this machine.", group)
}
