package trial

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
)

func purposes(steps []Step) []string {
	var out []string
	for _, s := range steps {
		out = append(out, s.Purpose)
	}
	return out
}

// baselined is what is known once both baselines have been run.
func baselined() Known {
	reading := healthy()
	base := Trial{Step: Step{Baseline: true}, Verdict: Works, Reading: &reading}
	return Known{Workload: subject(inspect.DefaultCaps).Workload, Trials: []Trial{base, base}}
}

// What the evidence points at is followed to the proof; what is wanted only if
// it misleads comes last.
func TestWhatIsLikelyIsRunAhead(t *testing.T) {
	k := baselined()
	want := []string{
		"make the root filesystem read-only, set no-new-privileges",
		"drop all but SETGID SETUID", "leave out SETGID", "leave out SETUID",
		"confirm the plan", "confirm it again",
		"drop all but CHOWN SETGID SETUID", "drop all but CHOWN DAC_OVERRIDE SETGID SETUID",
		"drop FSETID MKNOD SETFCAP SETPCAP", "keep all capabilities it has today",
	}
	if diff := cmp.Diff(want, purposes(Decide(k).Steps)); diff != "" {
		t.Error(diff)
	}

	k.Trials = append(k.Trials, Trial{Step: Decide(k).Steps[1], Verdict: Failed})
	for _, step := range Decide(k).Steps {
		if step.Confirm || step.Purpose == "leave out SETGID" {
			t.Errorf("%q follows from a set that failed", step.Purpose)
		}
	}
}

// Without evidence nothing is run ahead of the trial of the surroundings but
// the first sets, and nothing is confirmed.
func TestWithoutEvidenceNothingIsTakenForGranted(t *testing.T) {
	k := baselined()
	for i := range k.Trials {
		r := *k.Trials[i].Reading
		r.Identities, r.Seen = nil, nil
		k.Trials[i].Reading = &r
	}
	for _, step := range Decide(k).Steps {
		if step.Confirm {
			t.Errorf("%q is run on a guess", step.Purpose)
		}
	}
}

// The volumes' baseline is run beside the others.
func TestRootOwnedBaselineIsNotWaitedFor(t *testing.T) {
	k := Known{Workload: subject(inspect.DefaultCaps).Workload, Volumes: true}
	want := []string{"baseline: today's settings", "baseline again, to know what flickers", "baseline on volumes that belong to root"}
	if diff := cmp.Diff(want, purposes(Decide(k).Steps)); diff != "" {
		t.Error(diff)
	}
}

// How many steps run at once changes which are run, never what is found.
func TestStepsAheadChangeNothingThatIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for range 50 {
		some, others := inspect.CapSet(random.Uint64()), inspect.CapSet(random.Uint64())
		need := some & others & inspect.DefaultCaps
		works := needs(need.Names()...)
		one := find(t, &simulated{works: works}, inspect.DefaultCaps, Options{Parallel: 1})
		many := find(t, &simulated{works: works}, inspect.DefaultCaps, Options{Parallel: 6})
		if !one.Proved || !many.Proved || kept(t, one) != need || kept(t, many) != need {
			t.Fatalf("it needs %s; one at a time finds %s, six %s", need, kept(t, one), kept(t, many))
		}
	}
}
