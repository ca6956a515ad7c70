package clone

import (
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
)

// A grace period that nobody would wait for is cut short, and that is said.
func TestGraceNote(t *testing.T) {
	for _, tt := range []struct {
		stopTimeout *int
		want        string
	}{
		{nil, ""},
		{new(60), ""},
		{new(7200), "It is given 2h0m0s to stop; a copy is killed after 1m0s."},
		{new(-1), "It may take as long as it likes to stop; a copy is killed after 1m0s."},
	} {
		s := &Session{opt: Options{Patience: time.Minute}, pattern: &pattern{spec: Spec{Config: container.Config{StopTimeout: tt.stopTimeout}}}}
		if got := s.graceNote(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
