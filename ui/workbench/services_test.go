package workbench

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/workbench/servicestest"
)

// strict is the least that each service of testdata/images needs to work, to
// run as the same users, to stop the same way, to start again on what it left,
// and to complain of nothing new. It was found by hand, not by the search. All
// of them also work with a read-only root filesystem and no-new-privileges.
var strict = map[string][]string{
	"bind9":     {"SETGID", "SETUID"},
	"caddy":     {"NET_BIND_SERVICE"},                       // a file capability: it cannot even be executed without
	"haproxy":   {"KILL", "SETGID", "SETUID", "SYS_CHROOT"}, // KILL to stop its worker
	"httpd":     {"SETGID", "SETUID"},
	"mariadb":   {"DAC_OVERRIDE", "SETGID", "SETUID"}, // DAC_OVERRIDE to start again on filled data
	"memcached": {},
	"mosquitto": {"CHOWN", "SETGID", "SETUID"}, // CHOWN: its entrypoint goes on without; only the log tells
	"nginx":     {"CHOWN", "SETGID", "SETUID"},
	"php-fpm":   {"DAC_OVERRIDE", "KILL", "SETGID", "SETUID"}, // KILL to stop its workers
	"postgres":  {"DAC_OVERRIDE", "SETGID", "SETUID"},
	"redis":     {"SETGID", "SETUID"},
	"sshd":      {"AUDIT_WRITE", "CHOWN", "SETGID", "SETUID", "SYS_CHROOT"}, // all but its banner needs one of them
}

func TestTrialFindsWhatRealServicesNeed(t *testing.T) {
	for _, s := range servicestest.Chosen(t) {
		t.Run(s.Name, func(t *testing.T) {
			b := bench(t)
			b.Trials.Exercises = []health.Exercise{exercise(t, s.Name)}
			w := start(t, b, s.Name, container.Config{Env: s.Env}, container.HostConfig{})
			before := inspectState(t, b, w.ID)
			r, err := b.Trial(t.Context(), w, func(e trial.Event) {
				if e.Kind == trial.StepFinished {
					t.Logf("%s: %s %q", e.Step.Purpose, e.Trial.Verdict, e.Trial.Evidence)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			want, known := strict[s.Name]
			foretells(t, r, inspect.ParseCaps(want))
			keep, dropped := r.Plan.Capabilities()
			if !known || !dropped || keep != inspect.ParseCaps(want) || !r.Proved {
				t.Errorf("kept %s, proved %v; want %v", keep, r.Proved, want)
			}
			for _, dial := range []inspect.Dial{inspect.DialReadOnlyRoot, inspect.DialNoNewPrivileges} {
				if !r.Plan.Has(dial) {
					t.Errorf("the plan does not %s; evidence: %+v", inspect.Change{Dial: dial}, r.Evidence)
				}
			}
			if left := leftovers(t, b.Engine, w.ID); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if after := inspectState(t, b, w.ID); after != before {
				t.Errorf("the original changed: %s, before %s", after, before)
			}
			kept, err := b.Proved(w)
			if err != nil || !kept.Plan.Equal(r.Plan) {
				t.Errorf("the journal holds %s, %v", kept.Plan, err)
			}
		})
	}
}

// foretells holds what a watched baseline was seen to use against what the
// service needs: nothing may be missing and one capability be too many, before
// anything was tried. FSETID is soft and no part of it.
func foretells(t *testing.T, r trial.Result, need inspect.CapSet) {
	t.Helper()
	for _, run := range r.Trials {
		if !run.Teaches() || run.Reading == nil || run.Reading.Watched == nil {
			continue
		}
		seen := run.Reading.Watched.Caps()
		if missing, more := need.Without(seen), seen.Without(need); missing != 0 || more.Len() > 1 {
			t.Errorf("observation foretold %s; %s is missing, %s too many: %+v", seen, missing, more, run.Reading.Watched)
		}
		t.Logf("observation foretold %s; %d runs in %.0f s", seen, len(r.Trials), r.Seconds)
		return
	}
	t.Errorf("no baseline was watched: %q", r.Notes)
}

// exercise is the command that makes this very binary exercise the service.
func exercise(t testing.TB, service string) health.Exercise {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return health.Exercise{Command: quote(self) + " exercise " + service, Timeout: time.Minute}
}

// runExercise is what that command does; its last line says what failed.
func runExercise(service string) int {
	// Before the exercise's own time is over, so that there is a last line.
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	if err := servicestest.Run(ctx, service, os.Getenv); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// inspectState is what a restart or an intrusion would change.
func inspectState(t *testing.T, b *Bench, id string) string {
	t.Helper()
	c, _, err := b.Engine.Inspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join([]string{c.State.StartedAt, string(c.State.Status), strings.Join(c.ExecIDs, " ")}, " ")
}
