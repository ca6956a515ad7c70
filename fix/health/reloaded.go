package health

import (
	"fmt"
	"slices"
	"time"
)

// Process is one process. PID and Start, when it started, tell it from every
// other one.
type Process struct {
	PID   int    `json:"pid"`
	Start string `json:"start"`
	Identity
}

func (p Process) same(o Process) bool { return p.PID == o.PID && p.Start == o.Start }

// Identities are who the processes run as, sorted, without doubles.
func Identities(all []Process) []Identity {
	var out []Identity
	for _, p := range all {
		out = append(out, p.Identity)
	}
	return Distinct(out)
}

// Reloaded is what became of a service's processes when it was told to reload:
// the commands, with the users they run as, of which there is a new process, and
// those of which every process from before has ended. Sorted.
type Reloaded struct {
	Started []string `json:"started,omitempty"`
	Ended   []string `json:"ended,omitempty"`
	// After is how long it took until nothing changed any more.
	After time.Duration `json:"after,omitempty"`
}

// Since compares the processes from before a reload with those of a later
// sample.
func Since(before, now []Process) Reloaded {
	var next Reloaded
	stays := map[string]bool{}
	for _, p := range now {
		if slices.ContainsFunc(before, p.same) {
			stays[p.String()] = true
		} else {
			next.Started = append(next.Started, p.String())
		}
	}
	for _, p := range before {
		if !stays[p.String()] {
			next.Ended = append(next.Ended, p.String())
		}
	}
	for _, list := range []*[]string{&next.Started, &next.Ended} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return next
}

// Same says whether the same happened, in whatever time.
func (r Reloaded) Same(o Reloaded) bool {
	return slices.Equal(r.Started, o.Started) && slices.Equal(r.Ended, o.Ended)
}

// both is what happened in both, in the longer time.
func (r Reloaded) both(o Reloaded) Reloaded {
	without := func(a, b []string) []string {
		return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
	}
	return Reloaded{without(r.Started, o.Started), without(r.Ended, o.Ended), max(r.After, o.After)}
}

// ReloadPatience is how long a trial may take to reload: httpd's old workers,
// which nobody could end, leave by themselves after their next request.
func (e Expectation) ReloadPatience() time.Duration {
	if e.Reloaded.Same(Reloaded{}) {
		return e.Patience()
	}
	return min(e.Patience(), 2*time.Second+2*e.Reloaded.After)
}

// NotReloaded says what a reload has not done that it did in every baseline, a
// sentence each: a service that could not reload may answer as before, by what
// it was told before.
func (e Expectation) NotReloaded(r Reloaded) []string {
	var out []string
	for _, p := range e.Reloaded.Started {
		if !slices.Contains(r.Started, p) {
			out = append(out, fmt.Sprintf("There is no new %s; in the baseline there was.", p))
		}
	}
	for _, p := range e.Reloaded.Ended {
		if !slices.Contains(r.Ended, p) {
			out = append(out, fmt.Sprintf("An old %s goes on; in the baseline all were replaced.", p))
		}
	}
	return out
}
