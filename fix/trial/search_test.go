package trial

import (
	stdcmp "cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// simulated is a Runner over a service that exists only as rules.
type simulated struct {
	// works says whether the service works with the capabilities.
	works func(inspect.CapSet) bool
	// readOnlyBreaks and nnpBreaks say which surroundings it cannot bear.
	readOnlyBreaks, nnpBreaks bool
	written                   health.Written
	baseline                  func(n int) health.Reading
	granted                   inspect.CapSet
	// fails says whether a run that would pass fails all the same.
	fails func() bool
	// complaint is what it logs when a capability is missing.
	complaint string
	// lacks says what a plan breaks besides, "" for nothing: a log line.
	lacks func(Step) string
	// slow says that a run is not ready in time.
	slow func(Step) bool
	// simulateUser lets a run as another user need no capability.
	simulateUser bool
	// job is how a run that works ends, nil for a service.
	job *health.Reading
	// surveys are what the image has, by path.
	surveys map[string]Survey
	// watched is what an observer sees of the baseline that it watches, denied
	// what it sees a run be refused.
	watched *health.Watched
	// watchedOnRoots is the same on volumes of root's; nil for no other.
	watchedOnRoots *health.Watched
	denied         func(Step) []health.Denial
	// loosened are the notches that are left, with what each says.
	loosened []string

	mu    sync.Mutex
	steps []Step
}

func healthy() health.Reading {
	web := health.Identity{Command: "web", UID: "101", GID: "101"}
	return health.Reading{
		Ready: true, ReadyAfter: time.Second,
		Answers:    []health.Answer{{Protocol: "tcp", Port: 80, Kind: health.Answered, Line: "HTTP/1.1 200 OK"}},
		Identities: []health.Identity{web}, Seen: []health.Identity{web},
		Restart: health.Restart{Tried: true, Ready: true},
	}
}

func (s *simulated) Run(ctx context.Context, step Step, expect *health.Expectation, log func(string)) (health.Reading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = append(s.steps, step)
	if err := ctx.Err(); err != nil {
		return health.Reading{}, err
	}
	log("starting")
	if step.Baseline {
		if s.baseline != nil && !step.RootOwned {
			return s.baseline(step.N), nil
		}
		r := healthy()
		r.Written = s.written
		if step.Watch {
			r.Watched = s.watched
			if step.RootOwned && s.watchedOnRoots != nil {
				r.Watched = s.watchedOnRoots
			}
		}
		return r, nil
	}
	set, spoken := step.Plan.Capabilities()
	if !spoken {
		set = s.granted
	}
	broken := func(complaint string) (health.Reading, error) {
		r := health.Reading{Exited: true, Code: 1, Complaints: health.Complaints([]string{complaint}), Log: []string{complaint}}
		if s.denied != nil && step.Watch {
			r.Watched = &health.Watched{Denied: s.denied(step)}
		}
		return r, nil
	}
	if s.slow != nil && s.slow(step) {
		return slowReading(), nil
	}
	if s.lacks != nil {
		if said := s.lacks(step); said != "" {
			return broken(said)
		}
	}
	switch {
	case s.readOnlyBreaks && step.Plan.Has(inspect.DialReadOnlyRoot):
		return broken("Read-only file system")
	case s.nnpBreaks && step.Plan.Has(inspect.DialNoNewPrivileges):
		return broken("sudo: Operation not permitted")
	case !s.works(set), s.fails != nil && s.fails():
		return broken(stdcmp.Or(s.complaint, "Operation not permitted"))
	}
	if s.job != nil {
		return *s.job, nil
	}
	if s.baseline != nil {
		if r := s.baseline(step.N); len(s.expectedOf(expect)) > 0 && r.Ready {
			return r, nil
		}
	}
	return healthy(), nil
}

// expectedOf are the identities that a trial must show.
func (s *simulated) expectedOf(expect *health.Expectation) []health.Identity {
	if expect == nil || !s.simulateUser {
		return nil
	}
	return expect.Required
}

func (s *simulated) Survey(_ context.Context, path string) (Survey, error) {
	return s.surveys[path], nil
}

func (s *simulated) Loosen(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.loosened) == 0 {
		return "", nil
	}
	said := s.loosened[0]
	s.loosened = s.loosened[1:]
	return said, nil
}

func caps(names ...string) inspect.CapSet { return inspect.ParseCaps(names) }

// needs is a service that works with every superset of the set.
func needs(names ...string) func(inspect.CapSet) bool {
	return func(set inspect.CapSet) bool { return set.Has(caps(names...)) }
}

func subject(granted inspect.CapSet) Subject {
	s := inspect.Settings{CapDrop: []string{"ALL"}, CapAdd: granted.Names()}
	if granted == inspect.DefaultCaps {
		s = inspect.Settings{}
	}
	return Subject{Workload: inspect.Workload{Name: "shop/web", Settings: s}}
}

func find(t *testing.T, s *simulated, granted inspect.CapSet, opt Options) Result {
	t.Helper()
	s.granted = granted
	r, err := New(s, subject(granted), opt, func(Event) {}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func kept(t *testing.T, r Result) inspect.CapSet {
	t.Helper()
	set, ok := r.Plan.Capabilities()
	if !ok {
		t.Fatalf("the plan does not speak of capabilities: %s", r.Plan)
	}
	return set
}

func TestSearchFindsTheMinimalSet(t *testing.T) {
	for _, want := range [][]string{
		{},
		{"SETGID", "SETUID"},
		{"CHOWN", "SETGID", "SETUID"},
		{"DAC_OVERRIDE", "SETGID", "SETUID"},
		{"KILL", "SETGID", "SETUID", "SYS_CHROOT"},
		{"AUDIT_WRITE", "CHOWN", "SETGID", "SETUID", "SYS_CHROOT"},
		{"NET_RAW"},
		{"NET_BIND_SERVICE"},
		{"SETFCAP"},
	} {
		for _, parallel := range []int{1, 3} {
			t.Run(fmt.Sprint(want, parallel), func(t *testing.T) {
				s := &simulated{works: needs(want...)}
				r := find(t, s, inspect.DefaultCaps, Options{Parallel: parallel})
				if got := kept(t, r); got != caps(want...) || !r.Proved {
					t.Errorf("kept %s, proved %v; want %v", got, r.Proved, want)
				}
			})
		}
	}
}

func TestSearchTrimsWhatIsGrantedBeyondTheDefault(t *testing.T) {
	granted := inspect.DefaultCaps.Union(caps("SYS_ADMIN", "NET_ADMIN", "SYS_TIME"))
	r := find(t, &simulated{works: needs("SYS_TIME", "SETUID")}, granted, Options{Parallel: 2})
	if got := kept(t, r); got != caps("SETUID", "SYS_TIME") {
		t.Errorf("kept %s", got)
	}
}

func TestSearchChoosesOneOfTwoThatStandInForEachOther(t *testing.T) {
	either := func(set inspect.CapSet) bool { return set.Has(caps("SETGID")) || set.Has(caps("SETUID")) }
	r := find(t, &simulated{works: either}, inspect.DefaultCaps, Options{Parallel: 3})
	if got := kept(t, r); got.Len() != 1 || !either(got) || !r.Proved {
		t.Errorf("kept %s, proved %v", got, r.Proved)
	}
}

// What is called proved was run twice and passed, whatever the service is like.
func TestSearchNeverCallsProvedWhatDoesNotWork(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	for i := range 300 {
		// A table of random answers: neither monotone nor unique.
		table := map[inspect.CapSet]bool{inspect.DefaultCaps: true}
		works := func(set inspect.CapSet) bool {
			answer, ok := table[set]
			if !ok {
				answer = rng.IntN(2) == 0
				table[set] = answer
			}
			return answer
		}
		s := &simulated{works: works, nnpBreaks: i%3 == 0, readOnlyBreaks: i%5 == 0}
		if i%2 == 0 {
			s.watched = seen(inspect.CapSet(rng.Uint64()) & inspect.DefaultCaps)
		}
		r := find(t, s, inspect.DefaultCaps, Options{Parallel: 1 + i%4})
		if len(r.Trials) >= mostTrials && !r.Proved {
			continue // it never came to rest, and says so
		}
		set := kept(t, r)
		if !r.Proved || !table[set] {
			t.Fatalf("round %d: proved %v, kept %s which works: %v", i, r.Proved, set, table[set])
		}
		confirmed := 0
		for _, trial := range r.Trials {
			if got, ok := trial.Plan.Capabilities(); ok && got == set && trial.Verdict == Passed {
				confirmed++
			}
		}
		if confirmed < 2 {
			t.Fatalf("round %d: %s passed %d times", i, set, confirmed)
		}
	}
}

func TestSearchDoesNotCallAFlakyServiceProvedUnlessItPassedTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	for range 100 {
		s := &simulated{works: needs("SETUID"), fails: func() bool { return rng.IntN(3) == 0 }}
		r := find(t, s, inspect.DefaultCaps, Options{Parallel: 2})
		if set, ok := r.Plan.Capabilities(); ok && r.Proved && !set.Has(caps("SETUID")) {
			t.Fatalf("proved without what it needs: %s", set)
		}
	}
}

func TestSearchKeepsWhatThePersonWants(t *testing.T) {
	s := &simulated{works: needs("SETUID")}
	r := find(t, s, inspect.DefaultCaps, Options{Keep: caps("NET_RAW")})
	if got := kept(t, r); got != caps("NET_RAW", "SETUID") {
		t.Errorf("kept %s", got)
	}
	for _, step := range s.steps {
		if set, ok := step.Plan.Capabilities(); ok && !set.Has(caps("NET_RAW")) {
			t.Errorf("step %q ran without NET_RAW", step.Purpose)
		}
	}
}

func TestSurroundings(t *testing.T) {
	run := health.Place{Path: "/run", Mode: 0o755}
	cache := health.Place{Path: "/var/cache/web", Mode: 0o750, UID: 101, GID: 101}
	for _, tt := range []struct {
		name    string
		service *simulated
		want    []string
	}{
		{"both pass", &simulated{written: health.Written{Places: []health.Place{run, cache}}},
			[]string{"make the root filesystem read-only", "mount a tmpfs on /run:mode=755", "mount a tmpfs on /var/cache/web:mode=750,uid=101,gid=101", "set no-new-privileges"}},
		{"read-only breaks", &simulated{readOnlyBreaks: true}, []string{"set no-new-privileges"}},
		{"no-new-privileges breaks", &simulated{nnpBreaks: true}, []string{"make the root filesystem read-only"}},
		{"both break", &simulated{nnpBreaks: true, readOnlyBreaks: true}, nil},
		{"changes a file of the image", &simulated{written: health.Written{Obstacles: []string{"It changes /etc/passwd, a file of the image."}}},
			[]string{"set no-new-privileges"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.service.works = needs()
			r := find(t, tt.service, inspect.DefaultCaps, Options{Parallel: 2})
			var got []string
			for _, c := range r.Plan.Without(inspect.DialCapabilities).Changes {
				got = append(got, c.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if !r.Proved {
				t.Error("not proved")
			}
		})
	}
}

func TestBaselineThatDoesNotWork(t *testing.T) {
	for _, tt := range []struct {
		name    string
		reading health.Reading
		want    string
	}{
		{"exits", health.Reading{Exited: true, Code: 3, Log: []string{"no database"}}, "exit code 3"},
		{"cannot start", health.Reading{StartError: "no such file"}, "did not start: no such file"},
		{"never ready", health.Reading{}, "did not become ready"},
		{"unhealthy", health.Reading{Healthcheck: "unhealthy"}, "healthcheck says unhealthy"},
		{"exercise", health.Reading{Ready: true, Exercise: `The exercise "x" failed`}, `The exercise "x" failed`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &simulated{baseline: func(int) health.Reading { return tt.reading }}
			_, err := New(s, subject(inspect.DefaultCaps), Options{}, func(Event) {}).Run(t.Context())
			var failed *BaselineError
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tt.reading.Log, failed.Log); diff != "" {
				t.Error(diff)
			}
			if started := strings.Contains(failed.Hint(), "log lines"); started != (tt.reading.StartError == "") {
				t.Errorf("the next step is %q", failed.Hint())
			}
			if len(s.steps) > 2 {
				t.Errorf("%d steps were run after a baseline that does not work", len(s.steps))
			}
		})
	}
}

func TestFlickerIsNotHeldAgainstATrial(t *testing.T) {
	s := &simulated{works: needs(), baseline: func(n int) health.Reading {
		r := healthy()
		if n == 1 {
			r.Answers[0].Line = "HTTP/1.1 503 Service Unavailable"
		}
		return r
	}}
	r := find(t, s, inspect.DefaultCaps, Options{})
	if got := kept(t, r); got != 0 || !r.Proved {
		t.Errorf("kept %s, proved %v", got, r.Proved)
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "80/tcp") }) {
		t.Errorf("the flicker is not in the notes: %q", r.Notes)
	}
}

func TestSearchStopsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &simulated{works: func(inspect.CapSet) bool { cancel(); return false }}
	r, err := New(s, subject(inspect.DefaultCaps), Options{}, func(Event) {}).Run(ctx)
	if !errors.Is(err, context.Canceled) || r.Proved {
		t.Errorf("error %v, proved %v", err, r.Proved)
	}
}

// Every capability ends up on one side of the grid, and the evidence speaks of
// each that is kept.
func TestEvidenceAndGrid(t *testing.T) {
	var last Grid
	s := &simulated{works: needs("CHOWN", "SETGID", "SETUID"), granted: inspect.DefaultCaps}
	r, err := New(s, subject(inspect.DefaultCaps), Options{Parallel: 3}, func(e Event) {
		if e.Kind == StepFinished {
			last = e.Grid
		}
		if overlap := e.Grid.Needed & e.Grid.Unneeded; overlap != 0 {
			t.Errorf("%s is both needed and not", overlap)
		}
	}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if last.Needed != caps("CHOWN", "SETGID", "SETUID") || last.Needed|last.Unneeded != inspect.DefaultCaps || last.Testing != 0 {
		t.Errorf("grid: %+v", last)
	}
	for _, name := range []string{"CHOWN", "SETGID", "SETUID"} {
		if !slices.ContainsFunc(r.Evidence, func(e fix.Evidence) bool {
			return e.Setting == name && e.Strength == fix.Proved && strings.Contains(e.Text, "Operation not permitted")
		}) {
			t.Errorf("no proof for %s in %+v", name, r.Evidence)
		}
	}
}

// What the log complains of is tried before the next rungs.
func TestHintsShortenTheSearch(t *testing.T) {
	for _, tt := range []struct {
		complaint, need string
		most            int
	}{
		{"listen ip4:icmp: socket: operation not permitted", "NET_RAW", 16},
		{"mlock(): Operation not permitted", "IPC_LOCK", 15},
		{"linux_audit_write_entry failed: Operation not permitted", "AUDIT_WRITE", 16},
	} {
		granted := inspect.DefaultCaps.Union(caps("IPC_LOCK"))
		s := &simulated{works: needs(tt.need), complaint: tt.complaint}
		r := find(t, s, granted, Options{Parallel: 1})
		if got := kept(t, r); got != caps(tt.need) || len(r.Trials) > tt.most {
			t.Errorf("kept %s after %d trials", got, len(r.Trials))
		}
	}
}
