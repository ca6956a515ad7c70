//go:build unix

package record

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// overflow is the ID that stands for all which have none in a user namespace
// (user_namespaces(7), proc_sys_kernel(5)).
const overflow = 65534

// alike gives the offered socket the owner and the mode of the engine's.
func alike(offer, engine string) (access string, err error) {
	info, err := os.Stat(engine)
	if err != nil {
		return "", err
	}
	is, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", errors.New("its owner is not known here")
	}
	if is.Uid == overflow || is.Gid == overflow {
		return "", errors.New("its owner has no number inside")
	}
	if err := os.Lchown(offer, int(is.Uid), int(is.Gid)); err != nil {
		return "", err
	}
	if err := os.Chmod(offer, info.Mode().Perm()); err != nil {
		return "", err
	}
	return fmt.Sprintf("The proxy's socket has the owner and the mode of the engine's (%d:%d, %04o): who is refused by it in the copy would be refused by the real one.",
		is.Uid, is.Gid, info.Mode().Perm()), nil
}
