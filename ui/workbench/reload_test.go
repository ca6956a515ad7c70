package workbench

import (
	"slices"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/workbench/servicestest"
)

// reloading is the least that a service needs where it is told to reload, too.
// It was measured by hand on Engine 20.10 with Debian 12's packages.
var reloading = map[string]struct {
	signal string
	caps   []string
	// without is a set that is not enough to reload, 0 for none; says is what its
	// trial is held against, "" where that depends on when it is looked at.
	without inspect.CapSet
	says    string
}{
	// nginx's master tells its old workers over a socket pair to leave, so a
	// reload needs no KILL, although they are of another user: with CHOWN SETGID
	// SETUID both workers were new ones after HUP.
	"nginx": {signal: "HUP", caps: []string{"CHOWN", "SETGID", "SETUID"}},
	// Apache's parent sends its children a signal. Without KILL it waits ten
	// seconds in vain, says "could not make child process 8 exit, attempting to
	// continue anyway", and the old children serve on beside the new ones, under
	// the old configuration. Without a reload SETGID SETUID are enough.
	"httpd": {
		signal: "HUP", caps: []string{"KILL", "SETGID", "SETUID"},
		without: inspect.ParseCaps([]string{"SETGID", "SETUID"}),
	},
	// haproxy's master executes itself again, and tells the old worker to leave.
	"haproxy": {
		signal: "USR2", caps: []string{"KILL", "SETGID", "SETUID", "SYS_CHROOT"},
		without: inspect.ParseCaps([]string{"SETGID", "SETUID", "SYS_CHROOT"}), says: "An old haproxy",
	},
}

func TestTrialFindsWhatAReloadNeeds(t *testing.T) {
	for _, s := range servicestest.Chosen(t) {
		want, known := reloading[s.Name]
		if !known {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			b := bench(t)
			b.Trials.Exercises = []health.Exercise{exercise(t, s.Name)}
			w := start(t, b, s.Name, container.Config{Labels: map[string]string{inspect.LabelReload: want.signal}}, container.HostConfig{})
			if w.Declared.Reload != want.signal {
				t.Fatalf("the workload declares %+v", w.Declared)
			}
			r, err := b.Trial(t.Context(), w, tell(t))
			if err != nil {
				t.Fatal(err)
			}
			if keep, dropped := r.Plan.Capabilities(); !dropped || keep != inspect.ParseCaps(want.caps) || !r.Proved {
				t.Errorf("kept %s, proved %v; want %v", keep, r.Proved, want.caps)
			}
			if want.without != 0 && !failedWith(r, want.without, want.says) {
				t.Errorf("no trial failed with %s, which cannot reload", want.without)
			}
			if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "reload by "+want.signal) }) {
				t.Errorf("notes %q", r.Notes)
			}
			if left := leftovers(t, b.Engine, w.ID); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// jailing serves from within a directory, and goes on without a word where it
// cannot lock itself in.
const jailing = `exec perl -MIO::Socket::INET -e '
	chdir "/srv"; chroot "/srv"; $SIG{TERM} = sub { exit 0 };
	my $s = IO::Socket::INET->new(Listen => 9, LocalPort => 80, ReuseAddr => 1) or die;
	while (1) { my $c = $s->accept or next; sysread $c, my $in, 4096; print $c "HTTP/1.1 200 OK\r\n\r\nhello"; close $c; }'`

// A service that is no longer locked into its directory is more powerful than it
// was, although it answers as before and says nothing.
func TestChrootThatFailsInSilence(t *testing.T) {
	b := faultBench(t)
	b.Trials.Keep = 0
	w := faulty(t, b, jailing, container.Config{}, container.HostConfig{})
	r, err := b.Trial(t.Context(), w, tell(t))
	if err != nil {
		t.Fatal(err)
	}
	if keep, _ := r.Plan.Capabilities(); keep != inspect.ParseCaps([]string{"SYS_CHROOT"}) || !r.Proved {
		t.Errorf("kept %s, proved %v", keep, r.Proved)
	}
	if !slices.ContainsFunc(r.Trials, func(t trial.Trial) bool {
		return strings.Contains(strings.Join(t.Evidence, " "), "sees the whole file system; in the baseline it was locked into a directory of its own.")
	}) {
		t.Error("no trial failed because of the root directory")
	}
	nothingLeft(t, b, w)
}

// failedWith says whether a trial that kept this set failed and was held against
// what it says.
func failedWith(r trial.Result, caps inspect.CapSet, says string) bool {
	return slices.ContainsFunc(r.Trials, func(t trial.Trial) bool {
		keep, dropped := t.Plan.Capabilities()
		return dropped && keep == caps && t.Verdict == trial.Failed && strings.Contains(strings.Join(t.Evidence, " "), says)
	})
}
