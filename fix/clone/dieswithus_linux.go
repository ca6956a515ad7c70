package clone

import (
	"os/exec"
	"syscall"
)

// diesWithUs has a command killed when the thread that starts it ends, as it
// does with a killed process: what the command would still create, nobody would
// wait for.
func diesWithUs(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
