//go:build unix

package health

import (
	"os/exec"
	"syscall"
)

// killChildren lets a cancelled command take its children with it.
func killChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
