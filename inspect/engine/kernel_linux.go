package engine

import "golang.org/x/sys/unix"

// kernelRelease is this machine's kernel release as uname(2) gives it.
func kernelRelease() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}
