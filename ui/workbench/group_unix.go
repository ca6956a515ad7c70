//go:build unix

package workbench

import (
	"os"
	"syscall"
)

// groupOf is the number of the group that owns the file of this machine, -1
// where that cannot be seen.
func groupOf(path string) int {
	info, err := os.Stat(path)
	if err != nil {
		return -1
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1
	}
	return int(stat.Gid)
}
