// Package proc reads the processes of containers as this machine's kernel shows
// them below /proc (proc(5)). Its contract: it only reads, it needs no special
// rights, and every answer is either what the kernel said or a reason why that
// is not known. A process that ends while it is read is passed over.
//
// It tells nothing of containers on other machines: whether the kernel below is
// the engine's own is for the caller to know.
package proc

// Root is the directory that procfs is mounted on: "/proc".
type Root string

// most is how many processes of one container are read.
const most = 256

// longest bounds what is read of one file; the kernel's own are far shorter.
const longest = 64 << 10
