//go:build unix

package daemon

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// group is the number of the group that owns a socket.
func group(socket string) (string, error) {
	info, err := os.Stat(socket)
	if err != nil {
		return "", err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", fmt.Errorf("the owner of %s cannot be seen", socket)
	}
	return strconv.FormatUint(uint64(stat.Gid), 10), nil
}
