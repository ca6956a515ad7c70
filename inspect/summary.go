package inspect

import (
	"cmp"
	"slices"
	"strings"
)

// Ranked is what one check found in a workload, in its place among the others:
// what to do first comes first.
type Ranked struct {
	ID    string
	Layer Layer
	// Severity is that of the gravest finding.
	Severity Severity
	// Findings are those of the check with this severity or a lower one, the
	// gravest first.
	Findings []Finding
	// Fixes are their mends, each once, in the same order.
	Fixes []string
	// Tryable says that the mend is known as data, so that a trial can tell
	// whether the service works with it.
	Tryable bool
	// Why says in a clause why it stands here.
	Why string
}

// Summary ranks what was found, a check at a time: the gravest first; of equals
// those that a trial can mend, then those of the outer layers. What is only
// worth knowing (Info) is left out. It is an order to work in, not a score.
func (a Audited) Summary() []Ranked {
	byID := map[string]int{}
	var ranked []Ranked
	for _, f := range a.Findings() {
		if f.Severity == Info {
			continue
		}
		i, ok := byID[f.ID]
		if !ok {
			i = len(ranked)
			byID[f.ID] = i
			ranked = append(ranked, Ranked{ID: f.ID, Layer: f.Layer, Severity: f.Severity})
		}
		r := &ranked[i]
		r.Findings = append(r.Findings, f)
		r.Tryable = r.Tryable || slices.ContainsFunc(f.Changes, Change.Tryable)
		if !slices.Contains(r.Fixes, f.Fix) {
			r.Fixes = append(r.Fixes, f.Fix)
		}
	}
	slices.SortStableFunc(ranked, Ranked.Compare)
	for i := range ranked {
		ranked[i].Why = ranked[i].why()
	}
	return ranked
}

// Compare is negative where r is to be done before o, positive where after.
func (r Ranked) Compare(o Ranked) int {
	return cmp.Or(cmp.Compare(o.Severity, r.Severity), tryableFirst(r, o))
}

func tryableFirst(a, b Ranked) int {
	switch {
	case a.Tryable == b.Tryable:
		return 0
	case a.Tryable:
		return -1
	}
	return 1
}

func (r Ranked) why() string {
	var clauses []string
	if reason := r.Findings[0].Reason; reason != "" {
		clauses = append(clauses, reason)
	}
	if r.Tryable {
		clauses = append(clauses, "a trial can prove the mend")
	}
	return strings.Join(clauses, "; ")
}
