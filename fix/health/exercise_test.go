//go:build unix

package health

import (
	"strings"
	"testing"
	"time"

	"bulkhead/inspect"
)

func TestExercise(t *testing.T) {
	env := []string{"PATH=/usr/bin:/bin", "BULKHEAD_ADDRESS=10.0.0.2"}
	redactor := inspect.NewRedactor([]string{"DB_PASSWORD=correct horse"})
	for _, tt := range []struct{ name, command, want string }{
		{"passes", `test "$BULKHEAD_ADDRESS" = 10.0.0.2`, ""},
		{"fails with its last line", "echo first; echo 'no route' >&2; exit 3", "exit status 3): no route"},
		{"hides secrets", "echo login with correct horse; false", "login with •••"},
		{"hides control sequences", `printf '\033[2Jgone\n'; false`, "␛[2Jgone"},
		{"may leave a child behind", "sleep 5 & exit 0", ""},
		{"is bounded, with its children", "sleep 600 & wait", "did not finish within"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			timeout := time.Minute
			if strings.Contains(tt.want, "within") {
				timeout = 200 * time.Millisecond
			}
			err := Exercise{Command: tt.command, Timeout: timeout}.Run(t.Context(), env, redactor)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
