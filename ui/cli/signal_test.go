package cli

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine/enginetest"
)

// A signal in the middle of a trial removes every copy before bulkhead leaves.
func TestSignalInTheMiddleOfATrial(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals to send")
	}
	e := enginetest.Connect(t)
	enginetest.Image(t, e, "nginx") // makes sure that the base image is there
	id := enginetest.Create(t, e, client.ContainerCreateOptions{Config: &container.Config{
		Image: enginetest.BaseImage, Cmd: []string{"sh", "-c", "echo it runs; trap 'exit 0' TERM; sleep 600 & wait"},
	}}, false)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := exec.Command("bulkhead", "trial", id, "--logs")
			if cmd.Err != nil {
				t.Fatal(cmd.Err)
			}
			cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+t.TempDir())
			said, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(said)
			for lines.Scan() && !strings.Contains(lines.Text(), "| it runs") {
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Error(err)
			}
			rest, err := io.ReadAll(said)
			if err != nil {
				t.Error(err)
			}
			_ = cmd.Wait() // its exit code is looked at
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("exit code %d, it said %q", code, rest)
			}
			if strings.Contains(string(rest), "may be left") {
				t.Errorf("it said %q", rest)
			}
			left, err := e.API.ContainerList(context.Background(), client.ContainerListOptions{
				All: true, Filters: client.Filters{}.Add("label", "bulkhead.clone-of="+id),
			})
			if err != nil || len(left.Items) > 0 {
				t.Errorf("left behind: %v, %v", left.Items, err)
			}
		})
	}
}
