package trial

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// run is a whole search over a simulated service.
func run(t *testing.T, s *simulated, granted inspect.CapSet, opt Options) (*Search, Result) {
	t.Helper()
	s.granted = granted
	search := New(s, subject(granted), opt, func(Event) {})
	r, err := search.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return search, r
}

func without(p fix.Plan) []string {
	var out []string
	for _, c := range p.Without(inspect.DialCapabilities, inspect.DialNoNewPrivileges, inspect.DialReadOnlyRoot).Changes {
		out = append(out, c.String())
	}
	return out
}

// A failing read-only root is mended by what the failure says.
func TestReadOnlyRootIsMended(t *testing.T) {
	run := health.Place{Path: "/run", Mode: 0o755}
	logs := health.Place{Path: "/var/log/apache2", Mode: 0o750, GID: 4}
	app := health.Place{Path: "/srv/app/cache", Mode: 0o755, Hides: []string{"/srv/app/cache/index"}}
	// has says whether a step's plan holds a change that reads like this.
	has := func(step Step, words string) bool { return strings.Contains(step.Plan.String(), words) }
	readOnly := func(step Step) bool { return step.Plan.Has(inspect.DialReadOnlyRoot) }
	for _, tt := range []struct {
		name  string
		first []health.Place
		lacks func(Step) string
		want  []string
	}{
		{"a path that no baseline wrote, seen only under read-only", nil, func(s Step) string {
			if readOnly(s) && !has(s, "/var/log/apache2") {
				return "AH00091: could not open error log file /var/log/apache2/error.log: Read-only file system"
			}
			return ""
		}, []string{"mount a tmpfs on /var/log/apache2:mode=750,gid=4"}},
		{"programs run from the tmpfs", []health.Place{run}, func(s Step) string {
			if readOnly(s) && !has(s, ",exec") {
				return "/run/jit/code.so: failed to map segment: Operation not permitted"
			}
			return ""
		}, []string{"mount a tmpfs on /run:mode=755,exec"}},
		{"the tmpfs hides what the image has", []health.Place{run}, func(s Step) string {
			if readOnly(s) && has(s, "tmpfs on /run") {
				return "cannot load /run/modules: no such file: Permission denied"
			}
			return ""
		}, []string{"mount a volume on /run"}},
		{"files of the image where it writes", []health.Place{app}, func(Step) string { return "" },
			[]string{"mount a volume on /srv/app/cache"}},
		{"read-only, and no path is named", nil, func(s Step) string {
			if readOnly(s) && !has(s, "/tmp") {
				return "Unable to create lock file: Read-only file system (30)"
			}
			return ""
		}, []string{"mount a tmpfs on /tmp:mode=1777"}},
		{"files of the image that it changes", []health.Place{{Path: "/var/log", Mode: 0o755, Changes: true}}, func(Step) string { return "" },
			[]string{"mount a volume on /var/log"}},
		{"no path is named", []health.Place{run}, func(s Step) string {
			if readOnly(s) && !has(s, "volume on /run") {
				return "Operation not permitted"
			}
			return ""
		}, []string{"mount a volume on /run"}},
		{"a directory that the tmpfs hides", []health.Place{{Path: "/run", Mode: 0o755, Directories: []health.Place{{Path: "/run/lock", Mode: 0o1777}, {Path: "/run/sshd", Mode: 0o700}}}},
			func(s Step) string {
				if readOnly(s) && !has(s, "/run/sshd") {
					return "Missing privilege separation directory: /run/sshd: Operation not permitted"
				}
				return ""
			},
			[]string{"mount a tmpfs on /run:mode=755", "mount a tmpfs on /run/sshd:mode=700"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &simulated{works: needs(), written: health.Written{Places: tt.first}, lacks: tt.lacks,
				surveys: map[string]Survey{"/var/log/apache2/error.log": {Place: logs}, "/tmp": {Place: health.Place{Path: "/tmp", Mode: 0o1777}}}}
			_, r := runSearch(t, s)
			if diff := cmp.Diff(tt.want, without(r.Plan)); diff != "" {
				t.Error(diff)
			}
			if !r.Proved || !r.Plan.Has(inspect.DialReadOnlyRoot) || !r.Plan.Has(inspect.DialNoNewPrivileges) {
				t.Errorf("proved %v: %s", r.Proved, r.Plan)
			}
		})
	}
}

func runSearch(t *testing.T, s *simulated) (*Search, Result) {
	return run(t, s, inspect.DefaultCaps, Options{Parallel: 2})
}

// The isolation is loosened until the baseline works, and each notch is said.
func TestLoosenUntilTheBaselineWorks(t *testing.T) {
	broken := health.Reading{Exited: true, Code: 1}
	notches := []string{"Its volumes hold copies.", "The database is copied with it."}
	for _, tt := range []struct {
		name  string
		after int // the notch at which it works
		fails bool
	}{{"at once", 0, false}, {"after two", 2, false}, {"never", 3, true}} {
		t.Run(tt.name, func(t *testing.T) {
			s := &simulated{works: needs(), loosened: slices.Clone(notches)}
			s.baseline = func(int) health.Reading {
				if len(notches)-len(s.loosened) < tt.after {
					return broken
				}
				return healthy()
			}
			r, err := New(s, subject(inspect.DefaultCaps), Options{}, func(Event) {}).Run(t.Context())
			var failed *BaselineError
			if errors.As(err, &failed) != tt.fails {
				t.Fatalf("error %v", err)
			}
			notes := strings.Join(r.Notes, "\n")
			for _, notch := range notches[:min(tt.after, len(notches))] {
				if !strings.Contains(notes, notch) {
					t.Errorf("%q is not in the notes %q", notch, notes)
				}
			}
			if !tt.fails && r.Baseline.Runs != 2 {
				t.Errorf("%d baselines count", r.Baseline.Runs)
			}
		})
	}
}

// What was found out before an interruption is not run again, and the end is
// the same.
func TestSearchIsCarriedOn(t *testing.T) {
	for stop := 1; stop < 14; stop++ {
		whole := &simulated{works: needs("CHOWN", "SETGID", "SETUID"), granted: inspect.DefaultCaps}
		_, want := run(t, whole, inspect.DefaultCaps, Options{})

		ctx, cancel := context.WithCancel(t.Context())
		var saved Result
		first := &simulated{works: whole.works, granted: inspect.DefaultCaps}
		_, err := New(first, subject(inspect.DefaultCaps), Options{Save: func(r Result) error {
			saved = journalled(t, r)
			if len(r.Trials) == stop {
				cancel()
			}
			return nil
		}}, func(Event) {}).Run(ctx)
		cancel()
		if err == nil {
			break // it came to its end before
		}
		second := &simulated{works: whole.works, granted: inspect.DefaultCaps}
		_, got := run(t, second, inspect.DefaultCaps, Options{Earlier: &saved})
		if got.Plan.String() != want.Plan.String() || got.Proved != want.Proved || !got.Finished {
			t.Errorf("stopped after %d: %s, proved %v", stop, got.Plan, got.Proved)
		}
		if n := len(first.steps) + len(second.steps); n > len(whole.steps)+1 {
			t.Errorf("stopped after %d: %d runs in all, %d in one go", stop, n, len(whole.steps))
		}
	}
}

// journalled is the result as it comes back from the disk.
func journalled(t *testing.T, r Result) Result {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// What a person saw counts for more than what the probes did.
func TestOverrule(t *testing.T) {
	s := &simulated{works: needs("SETUID"), granted: inspect.DefaultCaps}
	search, r := run(t, s, inspect.DefaultCaps, Options{})
	last := r.Trials[len(r.Trials)-1]
	if err := search.Overrule(last.N, Failed, "The pictures are missing."); err != nil {
		t.Fatal(err)
	}
	again, err := search.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again.Proved && again.Plan.String() == last.Plan.String() {
		t.Errorf("still proved: %s", again.Plan)
	}
	if err := search.Overrule(1, Failed, ""); err == nil {
		t.Error("a baseline was judged")
	}
	if err := search.Overrule(999, Failed, ""); err == nil {
		t.Error("a trial that is not there was judged")
	}
}

// A person tries a plan of their own, and the search knows its answer.
func TestTryByHand(t *testing.T) {
	s := &simulated{works: needs("SETUID"), granted: inspect.DefaultCaps}
	search := New(s, subject(inspect.DefaultCaps), Options{}, func(Event) {})
	if _, err := search.Try(t.Context(), Decide(search.Known()).Steps...); err != nil {
		t.Fatal(err)
	}
	mine := fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyRoot}, inspect.Change{Dial: inspect.DialNoNewPrivileges},
		inspect.Change{Dial: inspect.DialCapabilities, Keep: caps("SETUID")})
	trials, err := search.Try(t.Context(), Step{Purpose: "mine", Plan: mine})
	if err != nil || len(trials) != 1 || trials[0].Verdict != Passed || !trials[0].ByHand {
		t.Fatalf("%+v, %v", trials, err)
	}
	r, err := search.Run(t.Context())
	if err != nil || !r.Proved || kept(t, r) != caps("SETUID") {
		t.Errorf("%s, %v", r.Plan, err)
	}
}

func TestDialsThatArePersonsAskFor(t *testing.T) {
	redis := health.Identity{Command: "redis", UID: "999", GID: "1000", Powers: health.Powers{Known: true}}
	base := func(int) health.Reading {
		r := healthy()
		r.Identities, r.Seen = []health.Identity{redis}, []health.Identity{redis}
		r.Peak = health.Peak{Memory: 20 << 20, Processes: 5}
		return r
	}
	passing := func(step Step) string { return "" }
	asRoot := func(step Step) string {
		if set, ok := step.Plan.Capabilities(); ok && !step.Plan.Has(inspect.DialUser) && !set.Has(caps("SETUID")) {
			return "setuid: Operation not permitted"
		}
		return ""
	}
	for _, tt := range []struct {
		name  string
		also  Also
		lacks func(Step) string
		want  []string
		caps  inspect.CapSet
	}{
		{"nothing", Also{}, asRoot, nil, caps("SETUID")},
		{"the user it drops to", Also{User: true}, asRoot, []string{"run as 999:1000"}, 0},
		{"a user it cannot start as", Also{User: true}, func(s Step) string {
			if s.Plan.Has(inspect.DialUser) {
				return "chown: Operation not permitted"
			}
			return asRoot(s)
		}, nil, caps("SETUID")},
		{"limits", Also{Limits: true}, passing, []string{"limit memory to 80m", "limit processes to 32"}, 0},
		{"loopback", Also{Loopback: true}, passing, []string{"publish 80/tcp on loopback alone"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &simulated{granted: inspect.DefaultCaps, works: needs(), lacks: tt.lacks, baseline: base}
			sub := subject(inspect.DefaultCaps)
			sub.Workload.Settings.Ports = []inspect.Port{{HostPort: 8080, Container: 80, Protocol: "tcp"}}
			s.simulateUser = true
			r, err := New(s, sub, Options{Also: tt.also}, func(Event) {}).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, without(r.Plan)); diff != "" {
				t.Error(diff)
			}
			if kept(t, r) != tt.caps || !r.Proved {
				t.Errorf("kept %s, proved %v", kept(t, r), r.Proved)
			}
		})
	}
}

func TestRootOwnedVolumes(t *testing.T) {
	for _, tt := range []struct {
		name string
		more []string
		want string
	}{
		{"the plan suffices", nil, "also works on volumes that belong to root"},
		{"it must own them", []string{"CHOWN"}, "it needs CHOWN as well"},
		{"it must write to others' files", []string{"DAC_OVERRIDE"}, "as well"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &simulated{granted: inspect.DefaultCaps, works: needs("SETUID"), lacks: func(step Step) string {
				set, _ := step.Plan.Capabilities()
				if step.RootOwned && !step.Baseline && !set.Has(caps(tt.more...)) {
					return "cannot open /data: Permission denied"
				}
				return ""
			}}
			sub := subject(inspect.DefaultCaps)
			sub.Volumes = true
			r, err := New(s, sub, Options{Parallel: 2}, func(Event) {}).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(r.Notes, "\n"), tt.want) || kept(t, r) != caps("SETUID") || !r.Proved {
				t.Errorf("kept %s, notes %q", kept(t, r), r.Notes)
			}
		})
	}
}

// A trial that was only late is run again before it counts.
func TestOnlySlowIsTriedAgain(t *testing.T) {
	once := true
	s := &simulated{granted: inspect.DefaultCaps, works: needs("SETUID")}
	s.slow = func(step Step) bool {
		set, ok := step.Plan.Capabilities()
		if ok && set == caps("SETUID") && once {
			once = false
			return true
		}
		return false
	}
	_, r := run(t, s, inspect.DefaultCaps, Options{})
	if kept(t, r) != caps("SETUID") || !r.Proved {
		t.Errorf("kept %s, proved %v", kept(t, r), r.Proved)
	}
}

// Where two capabilities stand in for each other, the graver one goes.
func TestTheGraverOfTwoGoes(t *testing.T) {
	granted := inspect.DefaultCaps.Union(caps("DAC_READ_SEARCH"))
	s := &simulated{works: func(set inspect.CapSet) bool {
		return set.Has(caps("DAC_OVERRIDE")) || set.Has(caps("DAC_READ_SEARCH"))
	}}
	_, r := run(t, s, granted, Options{Parallel: 3})
	if kept(t, r) != caps("DAC_OVERRIDE") {
		t.Errorf("kept %s", kept(t, r))
	}
}

// Every member of a proved set is needed in that very set.
func TestProvedSetsAreMinimal(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 29))
	for range 60 {
		table := map[inspect.CapSet]bool{inspect.DefaultCaps: true}
		works := func(set inspect.CapSet) bool {
			if answer, ok := table[set]; ok {
				return answer
			}
			// Larger sets work more often, and no rule binds them.
			table[set] = rng.IntN(14) < set.Len()
			return table[set]
		}
		_, r := run(t, &simulated{works: works}, inspect.DefaultCaps, Options{Parallel: 1 + rng.IntN(4)})
		if !r.Proved {
			continue // it ran out of trials
		}
		set := kept(t, r)
		for _, c := range set.Each() {
			if works(set.Without(c)) {
				t.Errorf("%s is kept, and %s is not needed in it", set, c)
			}
		}
	}
}

// Decide asks nothing of the world: the same knowledge, the same decision.
func TestDecideIsPure(t *testing.T) {
	s := &simulated{works: needs("CHOWN", "SETUID"), granted: inspect.DefaultCaps}
	search, _ := run(t, s, inspect.DefaultCaps, Options{Parallel: 3})
	k := search.Known()
	for n := range k.Trials {
		early := k
		early.Trials = k.Trials[:n]
		if diff := cmp.Diff(Decide(early), Decide(early)); diff != "" {
			t.Fatalf("after %d trials: %s", n, diff)
		}
	}
}

// What ends by itself with exit code 0 both times is a job; only once, and it
// is nothing that a trial could be held against.
func TestJobs(t *testing.T) {
	ended := health.Reading{Exited: true, EndedAfter: time.Second, Log: []string{"migrated 12 tables"}}
	for _, tt := range []struct {
		name   string
		second health.Reading
		want   string
	}{{"a job", ended, ""}, {"neither job nor service", healthy(), "neither a job nor a service"}} {
		t.Run(tt.name, func(t *testing.T) {
			s := &simulated{granted: inspect.DefaultCaps, works: needs("CHOWN"), baseline: func(n int) health.Reading {
				if n == 2 {
					return tt.second
				}
				return ended
			}, job: &ended}
			r, err := New(s, subject(inspect.DefaultCaps), Options{}, func(Event) {}).Run(t.Context())
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil || !r.Proved || kept(t, r) != caps("CHOWN") {
				t.Errorf("%s, proved %v, %v", r.Plan, r.Proved, err)
			}
		})
	}
}

// A step whose answer is of no more use is called back.
func TestStepsAreCalledBack(t *testing.T) {
	s := &waiting{simulated: simulated{works: needs(), granted: inspect.DefaultCaps}, larger: make(chan struct{}, 16)}
	var dropped []string
	r, err := New(s, subject(inspect.DefaultCaps), Options{Parallel: 3}, func(e Event) {
		if e.Kind == StepDropped {
			dropped = append(dropped, e.Step.Purpose)
		}
	}).Run(t.Context())
	if err != nil || !r.Proved || kept(t, r) != 0 {
		t.Fatalf("%s, %v", r.Plan, err)
	}
	if len(dropped) == 0 {
		t.Error("larger sets were waited for")
	}
}

// waiting is a service of which larger sets take until they are called back.
type waiting struct {
	simulated
	larger chan struct{}
}

func (w *waiting) Run(ctx context.Context, step Step, expect *health.Expectation, log func(string)) (health.Reading, error) {
	set, ok := step.Plan.Capabilities()
	switch {
	case ok && set.Len() > 2:
		w.larger <- struct{}{}
		<-ctx.Done()
		return health.Reading{}, ctx.Err()
	case ok && set.Len() == 2:
		<-w.larger // a larger one is under way
	}
	return w.simulated.Run(ctx, step, expect, log)
}

func TestStale(t *testing.T) {
	then := Facts{ImageID: "sha256:1", Command: "a", User: "0", Mounts: []string{"volume data /data rw"}, Engine: "20.10", Kernel: "6.1"}
	for _, tt := range []struct {
		name   string
		change func(*Facts)
		want   string
	}{
		{"nothing", func(*Facts) {}, ""},
		{"unknown", func(f *Facts) { *f = Facts{} }, ""},
		{"image", func(f *Facts) { f.ImageID = "sha256:2" }, "another image"},
		{"command", func(f *Facts) { f.Command = "b" }, "command has changed"},
		{"user", func(f *Facts) { f.User = "5" }, "user has changed"},
		{"mounts", func(f *Facts) { f.Mounts = []string{"bind /x /data rw"} }, "mounts have changed"},
		{"engine", func(f *Facts) { f.Engine = "29.0" }, "Engine 20.10, this is 29.0"},
		{"kernel", func(f *Facts) { f.Kernel = "6.18" }, "kernel 6.1, this is 6.18"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := then
			tt.change(&now)
			got := strings.Join(then.Stale(now), "\n")
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("stale: %q", got)
			}
		})
	}
}

// slowReading is a service that was not ready in time, and nothing else.
func slowReading() health.Reading { return health.Reading{ReadyAfter: time.Minute} }
