package cli

import (
	"fmt"
	"slices"
	"strings"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// leaveOut takes the changes with these names out of the result's plan.
func leaveOut(r trial.Result, names []string) (trial.Result, error) {
	kept := r.Plan
	for _, name := range names {
		i := slices.IndexFunc(r.Plan.Changes, func(c inspect.Change) bool { return c.Name() == name })
		if i < 0 {
			var have []string
			for _, c := range r.Plan.Changes {
				have = append(have, c.Name())
			}
			return r, usage(fmt.Sprintf("--leave-out %q: the plan has no such change", name),
				"It has "+inspect.Printable(strings.Join(have, ", "))+".")
		}
		kept = kept.Minus(r.Plan.Changes[i])
	}
	return r.Only(kept), nil
}
