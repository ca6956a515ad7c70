package trial

import (
	"fmt"
	"slices"
	"strings"

	"bulkhead/fix/health"
)

// record judges a reading. expect is nil for a baseline.
func record(step Step, expect *health.Expectation, r health.Reading) Trial {
	t := Trial{Step: step, Drop: []string{}, Add: []string{}, Evidence: []string{}, Log: tail(r.Log, 40)}
	if keep, ok := step.Plan.Capabilities(); ok {
		t.Drop, t.Add = []string{"ALL"}, keep.Names()
	}
	if expect == nil {
		return recordBaseline(t, r)
	}
	t.Verdict = Passed
	if differences := expect.Compare(r); len(differences) > 0 {
		t.Verdict, t.Evidence = Failed, differences
		t.Complaints, t.Killed = expect.NewComplaints(r), r.Killed && !expect.Killed
		t.Unsure = expect.OnlySlow(r)
	}
	return t
}

// recordBaseline judges a run under today's settings. Whether one that ended
// well is a job only both runs together tell.
func recordBaseline(t Trial, r health.Reading) Trial {
	if !health.IsJob(r) {
		r.Log = nil // only a job's output is compared
	}
	t.Reading = &r
	missing := unwell(r)
	switch {
	case health.IsJob(r):
		t.Verdict, t.Evidence = Works, []string{fmt.Sprintf("It ended by itself with exit code 0 after %.1f s.", r.EndedAfter.Seconds())}
	case len(missing) > 0:
		t.Verdict, t.Evidence = Failed, missing
	default:
		t.Verdict, t.Evidence = Works, []string{fmt.Sprintf("Ready after %.1f s.", r.ReadyAfter.Seconds())}
	}
	return t
}

// brief is what failed and the first thing the log said of it.
func brief(evidence []string) string {
	if len(evidence) == 0 {
		return ""
	}
	said := slices.IndexFunc(evidence[1:], func(e string) bool { return strings.HasPrefix(e, "Its log says") })
	if said < 0 {
		return evidence[0]
	}
	return evidence[0] + " " + evidence[1+said]
}
