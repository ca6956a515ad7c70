package doctor

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// most is how much of a program's output is kept.
const most = 4096

// Command runs a program without any input and returns the beginning of what it
// printed. It is what Machine.Run usually is.
func Command(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	// A child of the program may keep the pipes open after it was killed.
	cmd.WaitDelay = time.Second
	var out bounded
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err != nil {
		if text := strings.TrimSpace(out.kept.String()); text != "" {
			err = fmt.Errorf("%w: %s", err, text)
		}
	}
	return out.kept.String(), err
}

// bounded keeps the beginning of what is written to it.
type bounded struct{ kept bytes.Buffer }

// Write never fails, so that the program ends as it would.
func (b *bounded) Write(p []byte) (int, error) {
	b.kept.Write(p[:min(len(p), most-b.kept.Len())])
	return len(p), nil
}
