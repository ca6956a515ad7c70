//go:build unix

package daemon

import (
	"io/fs"
	"syscall"
)

// Owner tells whom a file belongs to.
func Owner(info fs.FileInfo) (uid, gid uint32, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return stat.Uid, stat.Gid, true
}
