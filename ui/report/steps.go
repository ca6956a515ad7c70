package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/ui/policy"
)

// step is what to do at one place of the order: what a check found for the same
// reason, in all subjects where it did.
type step struct {
	inspect.Ranked
	subjects []subject
}

// firstSteps are so many that a person takes them in at a glance.
const firstSteps = 5

// steps puts what was found in the order to work in: that of the subjects' own
// summaries, of equals what concerns the most first.
func steps(o policy.Outcome) []step {
	var out []step
	at := map[string]int{}
	for _, s := range subjects(o) {
		for _, r := range s.audited.Summary() {
			key := strings.Join([]string{r.ID, r.Severity.String(), r.Why}, "\x00")
			i, ok := at[key]
			if !ok {
				i = len(out)
				at[key] = i
				out = append(out, step{Ranked: r})
			} else {
				out[i].Fixes = union(out[i].Fixes, r.Fixes)
			}
			out[i].subjects = append(out[i].subjects, s)
		}
	}
	slices.SortStableFunc(out, func(a, b step) int {
		return cmp.Or(a.Compare(b.Ranked), cmp.Compare(len(b.subjects), len(a.subjects)))
	})
	return out
}

// union does not touch the lists.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// do says the mend: that of the findings, or where they differ much that of
// their check.
func (s step) do() string {
	if c, ok := check.ByID(s.ID); ok && len(s.Fixes) > 2 {
		return c.Fix
	}
	return inspect.Printable(strings.Join(s.Fixes, "; "))
}

// named says where, by name where there are few.
func (s step) named() string {
	const few = 3
	var names []string
	for _, sub := range s.subjects[:min(few, len(s.subjects))] {
		names = append(names, inspect.Truncate(sub.name, 40))
	}
	if n := len(s.subjects) - few; n > 0 {
		return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(names, ", ")
}

// because says which check found it where, and why it stands at its place.
func (s step) because() string {
	text := inspect.Printable(s.ID) + " in " + s.named()
	if s.Why != "" {
		text += ": " + inspect.Printable(s.Why)
	}
	return text
}

// further says how many steps are not shown, or "".
func further(all []step) string {
	if n := len(all) - firstSteps; n > 0 {
		return count(n, "further step follows", "further steps follow") + " from the findings below."
	}
	return ""
}

// first are the steps that are shown.
func first(all []step) []step { return all[:min(firstSteps, len(all))] }
