// Package fix turns findings into tighter settings. A Plan is an ordered set of
// Changes; Apply says what the settings become. Every writer and the clone take
// the same Plan, so what was tried is what is written. Nothing here does I/O.
package fix

import (
	"slices"
	"strings"

	"bulkhead/inspect"
)

// Plan is an ordered set of Changes, at most one for each dial and place. The
// zero Plan changes nothing.
type Plan struct {
	Changes []inspect.Change
}

// NewPlan returns a plan of the changes; a later one replaces an earlier one of
// the same dial.
func NewPlan(changes ...inspect.Change) Plan {
	return Plan{}.With(changes...)
}

// With returns the plan with the changes added or replaced.
func (p Plan) With(changes ...inspect.Change) Plan {
	next := Plan{slices.Clone(p.Changes)}
	for _, c := range changes {
		if i := slices.IndexFunc(next.Changes, func(o inspect.Change) bool { return sameDial(o, c) }); i >= 0 {
			next.Changes[i] = c
		} else {
			next.Changes = append(next.Changes, c)
		}
	}
	return next
}

// Without returns the plan without the changes of the dials.
func (p Plan) Without(dials ...inspect.Dial) Plan {
	return Plan{slices.DeleteFunc(slices.Clone(p.Changes), func(c inspect.Change) bool {
		return slices.Contains(dials, c.Dial)
	})}
}

func sameDial(a, b inspect.Change) bool { return a.Dial == b.Dial && a.Place() == b.Place() }

// Minus returns the plan without this one change.
func (p Plan) Minus(c inspect.Change) Plan {
	return Plan{slices.DeleteFunc(slices.Clone(p.Changes), func(o inspect.Change) bool { return sameDial(o, c) })}
}

// Equal says whether two plans make the same changes, in whatever order.
func (p Plan) Equal(o Plan) bool {
	if len(p.Changes) != len(o.Changes) {
		return false
	}
	for _, c := range p.Changes {
		if !slices.Contains(o.Changes, c) {
			return false
		}
	}
	return true
}

// Empty says whether the plan changes nothing.
func (p Plan) Empty() bool { return len(p.Changes) == 0 }

// Capabilities returns what the plan leaves of the capabilities, and whether it
// speaks of them.
func (p Plan) Capabilities() (inspect.CapSet, bool) {
	for _, c := range p.Changes {
		if c.Dial == inspect.DialCapabilities {
			return c.Keep, true
		}
	}
	return 0, false
}

// Has says whether the plan turns the dial.
func (p Plan) Has(d inspect.Dial) bool {
	return slices.ContainsFunc(p.Changes, func(c inspect.Change) bool { return c.Dial == d })
}

// Of returns the changes of the dial.
func (p Plan) Of(d inspect.Dial) []inspect.Change {
	return slices.DeleteFunc(slices.Clone(p.Changes), func(c inspect.Change) bool { return c.Dial != d })
}

// Tmpfs returns the tmpfs mounts the plan adds.
func (p Plan) Tmpfs() []inspect.Tmpfs {
	var mounts []inspect.Tmpfs
	for _, c := range p.Of(inspect.DialTmpfs) {
		mounts = append(mounts, c.Tmpfs)
	}
	return mounts
}

// String says the changes as verb phrases, joined by commas.
func (p Plan) String() string {
	if p.Empty() {
		return "no change"
	}
	var phrases []string
	for _, c := range p.Changes {
		phrases = append(phrases, c.String())
	}
	return strings.Join(phrases, ", ")
}
