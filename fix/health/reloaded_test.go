package health

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReloaded(t *testing.T) {
	process := func(pid int, start, command, uid string) Process {
		return Process{pid, start, Identity{Command: command, UID: uid, GID: uid}}
	}
	master := process(1, "10", "httpd", "0")
	before := []Process{master, process(7, "11", "httpd", "33"), process(8, "11", "httpd", "33"), process(9, "11", "logger", "0")}
	replaced := []Process{master, process(20, "90", "httpd", "33"), process(8, "91", "httpd", "33"), process(9, "11", "logger", "0")}
	partly := []Process{master, process(20, "90", "httpd", "33"), process(8, "11", "httpd", "33"), process(9, "11", "logger", "0")}

	full := Reloaded{Started: []string{"httpd (33:33)"}, Ended: []string{"httpd (33:33)"}}
	for name, c := range map[string]struct {
		now  []Process
		want Reloaded
		says []string
	}{
		"all are replaced, one under its old number": {replaced, full, nil},
		"one stays": {partly, Reloaded{Started: []string{"httpd (33:33)"}}, []string{"An old httpd (33:33) goes on; in the baseline all were replaced."}},
		"nothing happens": {before, Reloaded{}, []string{
			"There is no new httpd (33:33); in the baseline there was.", "An old httpd (33:33) goes on; in the baseline all were replaced.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Since(before, c.now)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			// What only one baseline did is not expected.
			other := Reloaded{Started: []string{"cron (0:0)", "httpd (33:33)"}, Ended: full.Ended}
			expect := Expect(Reading{Reloaded: full}, Reading{Reloaded: other})
			if diff := cmp.Diff(c.says, expect.NotReloaded(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A reload that takes far longer than in the baselines has failed.
func TestReloadPatience(t *testing.T) {
	e := Expect(Reading{ReadyAfter: time.Minute, Reloaded: Reloaded{Ended: []string{"httpd (33:33)"}, After: time.Second}})
	if got := e.ReloadPatience(); got != 4*time.Second {
		t.Errorf("a trial may take %s", got)
	}
	e.Reloaded = Reloaded{}
	if got := e.ReloadPatience(); got != e.Patience() {
		t.Errorf("where nothing is expected it may take %s", got)
	}
}
