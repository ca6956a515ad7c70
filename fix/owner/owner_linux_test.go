package owner

import (
	"os/exec"
	"testing"
	"time"
)

// A killed process whose parent has not asked for its exit code owns nothing.
func TestOwnerThatIsAZombie(t *testing.T) {
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Wait() }() // it was killed, which is an error
	whose := ownerOf(child.Process.Pid)
	if Gone(whose) {
		t.Error("a living process counts as gone")
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for !Gone(whose) {
		if t.Context().Err() != nil {
			t.Fatal("a zombie counts as alive")
		}
		time.Sleep(time.Millisecond)
	}
}
