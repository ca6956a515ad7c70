package trial

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// seen is an observation that saw the capabilities used.
func seen(set inspect.CapSet) *health.Watched {
	w := &health.Watched{Used: []health.Use{}}
	for _, c := range set.Each() {
		w.Used = append(w.Used, health.Use{Capability: c, Example: "a call by web"})
	}
	return w
}

// Where observation saw what is needed, a search takes two baselines, a trial
// for each capability that stays, and the two that prove the plan.
func TestObservationForetellsThePlan(t *testing.T) {
	for _, need := range []inspect.CapSet{0, caps("NET_RAW"), caps("SETGID", "SETUID"), caps("AUDIT_WRITE", "CHOWN", "SETGID", "SETUID", "SYS_CHROOT")} {
		for _, parallel := range []int{1, 3} {
			s := &simulated{works: needs(need.Names()...), watched: seen(need)}
			r := find(t, s, inspect.DefaultCaps, Options{Parallel: parallel})
			if got := kept(t, r); got != need || !r.Proved {
				t.Errorf("kept %s, proved %v; want %s", got, r.Proved, need)
			}
			if want := 2 + need.Len() + confirmations; len(r.Trials) != want {
				t.Errorf("%s, %d at once: %d runs, want %d: %q", need, parallel, len(r.Trials), want, purposes(s.steps))
			}
		}
	}
}

// What observation saw in vain goes, and what it missed comes back by what the
// failure says, or without its help.
func TestObservationMayMislead(t *testing.T) {
	need := caps("CHOWN", "SETGID", "SETUID")
	for _, tt := range []struct {
		name      string
		watched   inspect.CapSet
		complaint string
		denied    string
	}{
		{"one too many", need | caps("KILL"), "", ""},
		{"nothing", 0, "", ""},
		{"one missing that the log names", caps("SETGID", "SETUID"), "chown: Operation not permitted", ""},
		{"one missing that was seen to be denied", caps("SETGID", "SETUID"), "", "CHOWN"},
		{"one missing that nothing names", caps("SETGID", "SETUID"), "", ""},
		{"another one", caps("NET_RAW"), "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &simulated{works: needs(need.Names()...), watched: seen(tt.watched), complaint: tt.complaint}
			if tt.denied != "" {
				s.denied = func(step Step) []health.Denial {
					if set, ok := step.Plan.Capabilities(); ok && !set.Has(caps(tt.denied)) {
						return []health.Denial{{Capability: caps(tt.denied), Text: tt.denied + " denied."}}
					}
					return nil
				}
			}
			r := find(t, s, inspect.DefaultCaps, Options{Parallel: 2})
			if got := kept(t, r); got != need || !r.Proved || !r.Plan.Has(inspect.DialReadOnlyRoot) {
				t.Errorf("kept %s, proved %v, %s", got, r.Proved, r.Plan)
			}
		})
	}
}

// A plan that was foretold and passed, and is then reduced, is not the plan that
// was foretold: it is confirmed twice of its own.
func TestWhatIsLeftOfAForetoldPlanIsConfirmedTwice(t *testing.T) {
	s := &simulated{works: needs("SETUID"), watched: seen(caps("KILL", "SETUID"))}
	r := find(t, s, inspect.DefaultCaps, Options{Parallel: 2})
	n := 0
	for _, trial := range r.Trials {
		if trial.Confirm && trial.Verdict == Passed && trial.Plan.Equal(r.Plan) {
			n++
		}
	}
	if n != confirmations || kept(t, r) != caps("SETUID") {
		t.Errorf("confirmed %d times, kept %s", n, kept(t, r))
	}
}

// A file that was gone again before anybody could ask for it needs its place
// as well.
func TestWhatWasSeenToBeWrittenGetsAMount(t *testing.T) {
	watched := seen(caps("SETUID"))
	watched.Writes = []string{"/etc/passwd.lock", "/run/web.pid", "/tmp/scratch", "/tmp/scratch2"}
	s := &simulated{
		works: needs("SETUID"), watched: watched, written: health.Written{Places: []health.Place{{Path: "/run", Mode: 0o755}}},
		surveys: map[string]Survey{
			"/tmp/scratch": {Place: health.Place{Path: "/tmp", Mode: 0o1777}}, "/tmp/scratch2": {Place: health.Place{Path: "/tmp", Mode: 0o1777}},
			"/etc/passwd.lock": {Obstacle: "It wants to write into /etc."},
		},
	}
	r := find(t, s, inspect.DefaultCaps, Options{Parallel: 2})
	if got, want := without(r.Plan), []string{"mount a tmpfs on /run:mode=755", "mount a tmpfs on /tmp:mode=1777"}; !slices.Equal(got, want) || !r.Proved {
		t.Errorf("%q, proved %v", got, r.Proved)
	}
}

// A refused file that nobody logged mends the plan, and the trial says so.
func TestARefusedFileMendsThePlan(t *testing.T) {
	isMounted := func(step Step) bool { return strings.Contains(step.Plan.String(), "/var/lib/web") }
	s := &simulated{
		works: needs(), watched: seen(0), surveys: map[string]Survey{"/var/lib/web/state": {Place: health.Place{Path: "/var/lib/web", Mode: 0o700}}},
		lacks: func(step Step) string {
			if step.Plan.Has(inspect.DialReadOnlyRoot) && !isMounted(step) {
				return "Operation not permitted"
			}
			return ""
		},
		denied: func(step Step) []health.Denial {
			if isMounted(step) {
				return nil
			}
			return []health.Denial{{Text: "/var/lib/web/state: the filesystem is read-only (EROFS)."}}
		},
	}
	r := find(t, s, inspect.DefaultCaps, Options{Parallel: 1})
	if got := without(r.Plan); !slices.Equal(got, []string{"mount a tmpfs on /var/lib/web:mode=700"}) || !r.Proved {
		t.Errorf("%q, proved %v", got, r.Proved)
	}
	if first := r.Trials[2]; !slices.Contains(first.Evidence, "Observed: /var/lib/web/state: the filesystem is read-only (EROFS).") {
		t.Errorf("the failed trial does not say what was refused: %q", first.Evidence)
	}
}

// A directory that a foretold tmpfs hides is given back in the foretold plan, and
// nothing else is tried anew.
func TestAHiddenDirectoryMendsTheForetoldPlan(t *testing.T) {
	need := caps("SETUID")
	s := &simulated{
		works: needs("SETUID"), watched: seen(need),
		written: health.Written{Places: []health.Place{{Path: "/run", Mode: 0o755, Directories: []health.Place{{Path: "/run/web", Mode: 0o700}}}}},
		lacks: func(step Step) string {
			if step.Plan.Has(inspect.DialReadOnlyRoot) && !strings.Contains(step.Plan.String(), "/run/web") {
				return "Missing privilege separation directory: /run/web"
			}
			return ""
		},
	}
	r := find(t, s, inspect.DefaultCaps, Options{Parallel: 1})
	if got, want := without(r.Plan), []string{"mount a tmpfs on /run:mode=755", "mount a tmpfs on /run/web:mode=700"}; !slices.Equal(got, want) || !r.Proved || kept(t, r) != need {
		t.Errorf("%q, kept %s, proved %v", got, kept(t, r), r.Proved)
	}
	// The baselines, what was foretold, the same mended, and what is always tried.
	if want := 2 + 1 + 1 + need.Len() + confirmations; len(r.Trials) != want {
		t.Errorf("%d runs, want %d: %q", len(r.Trials), want, purposes(s.steps))
	}
}

// What is not found is no reason for a mount where no mount hides it.
func TestWhatIsNotFoundGetsNoMount(t *testing.T) {
	need := caps("CHOWN", "SETUID")
	s := &simulated{
		works: needs(need.Names()...), watched: seen(caps("SETUID")), complaint: "web: /usr/lib/web/tool: not found",
		surveys: map[string]Survey{"/usr/lib/web/tool": {Place: health.Place{Path: "/usr/lib/web", Mode: 0o755, Hides: []string{"/usr/lib/web/data"}}}},
	}
	r := find(t, s, inspect.DefaultCaps, Options{Parallel: 1})
	if !r.Proved || kept(t, r) != need {
		t.Errorf("kept %s, proved %v", kept(t, r), r.Proved)
	}
	for _, step := range s.steps {
		if strings.Contains(step.Plan.String(), "/usr/lib/web") {
			t.Errorf("tried %s", step.Plan)
		}
	}
}

// Whatever observation says, the search ends where a search without it ends, or
// in another set that is minimal and was proved.
func TestObservationNeverMakesASearchWrong(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 17))
	for range 150 {
		some, others := inspect.CapSet(random.Uint64()), inspect.CapSet(random.Uint64())
		need := some & others & inspect.DefaultCaps
		said := inspect.CapSet(random.Uint64()) & inspect.DefaultCaps
		s := &simulated{works: needs(need.Names()...), watched: seen(said)}
		r := find(t, s, inspect.DefaultCaps, Options{Parallel: 1 + random.IntN(3)})
		if got := kept(t, r); got != need || !r.Proved {
			t.Fatalf("observed %s: kept %s, proved %v; it needs %s", said, got, r.Proved, need)
		}
	}
}

// The kernel asks for DAC_READ_SEARCH before DAC_OVERRIDE, so that only the
// graver of the two is seen; it stays where it alone will do.
func TestObservationOfTheGraverOfTwo(t *testing.T) {
	readSearch, override := caps("DAC_READ_SEARCH"), caps("DAC_OVERRIDE")
	for _, tt := range []struct {
		name          string
		granted, want inspect.CapSet
		works         func(set inspect.CapSet) bool
	}{
		{"either will do", inspect.DefaultCaps | readSearch, override, func(set inspect.CapSet) bool { return set.Has(readSearch) || set.Has(override) }},
		{"it alone will do", inspect.DefaultCaps | readSearch, readSearch, func(set inspect.CapSet) bool { return set.Has(readSearch) }},
		{"the other is not granted", readSearch, readSearch, func(set inspect.CapSet) bool { return set.Has(readSearch) || set.Has(override) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, r := run(t, &simulated{works: tt.works, watched: seen(readSearch)}, tt.granted, Options{Parallel: 2})
			if got := kept(t, r); got != tt.want || !r.Proved {
				t.Errorf("kept %s, proved %v; want %s", got, r.Proved, tt.want)
			}
		})
	}
}

// A trial that fails is explained by what it was denied, so each asks to be
// watched; of the baselines not the second.
func TestEveryTrialAsksToBeWatched(t *testing.T) {
	for _, observed := range []bool{false, true} {
		s := &simulated{works: needs("CHOWN", "SETUID"), granted: inspect.DefaultCaps, nnpBreaks: true, complaint: "nothing to go by"}
		if observed {
			s.watched = seen(caps("CHOWN", "SETUID", "KILL"))
		}
		of := subject(inspect.DefaultCaps)
		of.Volumes = true
		search := New(s, of, Options{Parallel: 3}, func(Event) {})
		if _, err := search.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := search.Try(t.Context(), Step{Plan: fix.NewPlan(inspect.Change{Dial: inspect.DialCapabilities})}); err != nil {
			t.Fatal(err)
		}
		kinds := map[string]bool{}
		for _, step := range s.steps {
			kinds[fmt.Sprintf("baseline %v, confirm %v, on root's volumes %v, by hand %v: watched %v",
				step.Baseline, step.Confirm, step.RootOwned, step.ByHand, step.Watch)] = true
		}
		want := []string{
			"baseline false, confirm false, on root's volumes false, by hand false: watched true",
			"baseline false, confirm false, on root's volumes false, by hand true: watched true",
			"baseline false, confirm false, on root's volumes true, by hand false: watched true",
			"baseline false, confirm true, on root's volumes false, by hand false: watched true",
			"baseline true, confirm false, on root's volumes false, by hand false: watched false",
			"baseline true, confirm false, on root's volumes false, by hand false: watched true",
			"baseline true, confirm false, on root's volumes true, by hand false: watched true",
		}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(kinds))); diff != "" {
			t.Errorf("observed %v (-want +got):\n%s", observed, diff)
		}
	}
}

// Why a capability stays is said with the check that was denied without it.
func TestAKeptCapabilityIsExplainedByItsDenial(t *testing.T) {
	const denied = "SETUID denied: app called setuid(33) as user 0."
	s := &simulated{works: needs("SETUID"), watched: seen(caps("SETUID")), denied: func(step Step) []health.Denial {
		return []health.Denial{{Text: "/run/app: read-only file system (EROFS)."}, {Capability: caps("SETUID"), Text: denied}}
	}}
	_, r := runSearch(t, s)
	i := slices.IndexFunc(r.Evidence, func(e fix.Evidence) bool { return e.Setting == "SETUID" })
	if i < 0 || r.Evidence[i].Strength != fix.Proved || !strings.HasSuffix(r.Evidence[i].Text, " Observed: "+denied) {
		t.Errorf("explained by %+v", r.Evidence)
	}
}

// What the baseline on root's volumes was seen to use is what is tried there,
// also where no log names it.
func TestRootOwnedVolumesAreForetold(t *testing.T) {
	for _, extra := range []string{"", "MKNOD"} {
		needed := caps("SETUID")
		if extra != "" {
			needed |= caps(extra)
		}
		s := &simulated{granted: inspect.DefaultCaps, works: needs("SETUID"), watched: seen(caps("SETUID")), watchedOnRoots: seen(needed)}
		s.lacks = func(step Step) string {
			if set, _ := step.Plan.Capabilities(); step.RootOwned && !set.Has(needed) {
				return "it does not say why"
			}
			return ""
		}
		sub := subject(inspect.DefaultCaps)
		sub.Volumes = true
		r, err := New(s, sub, Options{Parallel: 3}, func(Event) {}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want, trials := "also works", 1
		if extra != "" {
			want, trials = "needs "+extra, 2
		}
		tried := slices.DeleteFunc(slices.Clone(r.Trials), func(t Trial) bool { return !t.RootOwned || t.Baseline })
		if !strings.Contains(strings.Join(r.Notes, "\n"), want) || kept(t, r) != caps("SETUID") || len(tried) != trials {
			t.Errorf("%q: kept %s after %d trials on root's volumes, notes %q", extra, kept(t, r), len(tried), r.Notes)
		}
	}
}

// A capability that is often asked for and seldom needed is left out first: the
// others are left out once, of the smaller set.
func TestWhatIsSeldomNeededIsLeftOutFirst(t *testing.T) {
	for needed, runs := range map[string]int{"SETGID SETUID": 2 + 1 + 1 + 2 + 2, "FOWNER SETGID SETUID": 2 + 1 + 3 + 1} {
		s := &simulated{granted: inspect.DefaultCaps, works: needs(strings.Fields(needed)...), watched: seen(caps("FOWNER", "SETGID", "SETUID"))}
		_, r := run(t, s, inspect.DefaultCaps, Options{})
		if kept(t, r) != caps(strings.Fields(needed)...) || !r.Proved || len(r.Trials) != runs {
			t.Errorf("needing %s it kept %s after %d runs, not %d", needed, kept(t, r), len(r.Trials), runs)
		}
	}
}
