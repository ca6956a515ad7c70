package health

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"bulkhead/inspect"
)

// Exercise is a command of the person's own, run on their machine, that makes
// the service do its work; exit 0 means that it does.
type Exercise struct {
	Command string
	// Timeout bounds it; it must be positive.
	Timeout time.Duration
}

// Run runs the command in a shell with the environment and returns nil when it
// exits 0. The error says what failed, with the end of its output, redacted
// and printable.
func (e Exercise) Run(ctx context.Context, env []string, redactor inspect.Redactor) error {
	ctx, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", e.Command)
	if runtime.GOOS == "windows" {
		cmd = exec.CommandContext(ctx, "cmd", "/C", e.Command)
	}
	killChildren(cmd)
	cmd.WaitDelay = time.Second
	cmd.Env = env
	var out bytes.Buffer
	cmd.Stdout = &limited{&out}
	cmd.Stderr = cmd.Stdout
	err := cmd.Run()
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil // it exited 0; a child that it left behind may still hold its output
	}
	what := fmt.Sprintf("failed (%v)", err)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		what = fmt.Sprintf("did not finish within %s", e.Timeout)
	}
	text := fmt.Sprintf("The exercise %q %s", inspect.Truncate(inspect.Printable(e.Command), 80), what)
	if last := lastLine(out.String()); last != "" {
		text += ": " + inspect.Truncate(inspect.Printable(redactor.Redact(last)), 200)
	}
	return errors.New(text)
}

// limited keeps the last 64 KB and more or less of an output.
type limited struct{ *bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	const most = 64 << 10
	if l.Len() > most {
		kept := append([]byte(nil), l.Bytes()[l.Len()-most/2:]...)
		l.Reset()
		l.Buffer.Write(kept)
	}
	return l.Buffer.Write(p)
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
