package workbench

import (
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// beforePlan takes out of the facts what the result's own proved plan put into
// them: a plan that was written and started is no change since its trials.
// Where the settings are neither as they were nor as planned, the facts stay.
func beforePlan(now trial.Facts, s inspect.Settings, r trial.Result) trial.Facts {
	if !r.Proved {
		return now
	}
	for _, c := range r.Plan.Changes {
		if !fix.Meets(s, c) {
			continue
		}
		switch c.Dial {
		case inspect.DialUser:
			now.User = r.User
		case inspect.DialReadOnlyMount, inspect.DialRemoveMount, inspect.DialVolume:
			now.Mounts = mountsBefore(now.Mounts, r.Mounts, c)
		}
	}
	return now
}

// mountsBefore are the mount lines as they were before a change that is in
// force, where the change alone accounts for the difference.
func mountsBefore(now, then []string, c inspect.Change) []string {
	at := func(line string) bool {
		return strings.HasSuffix(line, " "+c.Path+" rw") || strings.HasSuffix(line, " "+c.Path+" ro")
	}
	out := slices.Clone(now)
	switch c.Dial {
	case inspect.DialReadOnlyMount:
		for i, line := range out {
			writable := strings.TrimSuffix(line, "ro") + "rw"
			if strings.HasSuffix(line, " "+c.Path+" ro") && slices.Contains(then, writable) {
				out[i] = writable
			}
		}
	case inspect.DialRemoveMount:
		for _, line := range then {
			if at(line) {
				out = append(out, line)
			}
		}
	case inspect.DialVolume:
		if !slices.ContainsFunc(then, at) {
			out = slices.DeleteFunc(out, at)
		}
	}
	slices.Sort(out)
	return out
}
