// Package fix turns findings into tighter settings. A Plan is an ordered set of
// Changes; Apply says what the settings become. Every writer and the clone take
// the same Plan, so what was tried is what is written. Nothing here does I/O.
package fix

import (
	"encoding/json"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// Plan is an ordered set of Changes, at most one for each dial, and one for
// each path of DialTmpfs. The zero Plan changes nothing.
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

func sameDial(a, b inspect.Change) bool {
	return a.Dial == b.Dial && (a.Dial != inspect.DialTmpfs || a.Tmpfs.Path == b.Tmpfs.Path)
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

// Tmpfs returns the tmpfs mounts the plan adds.
func (p Plan) Tmpfs() []inspect.Tmpfs {
	var mounts []inspect.Tmpfs
	for _, c := range p.Changes {
		if c.Dial == inspect.DialTmpfs {
			mounts = append(mounts, c.Tmpfs)
		}
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

// Apply returns the settings under the plan. It does not touch s.
func Apply(s inspect.Settings, p Plan) inspect.Settings {
	out := s.Clone()
	for _, c := range p.Changes {
		switch c.Dial {
		case inspect.DialCapabilities:
			out.CapDrop = []string{"ALL"}
			out.CapAdd = nil
			if c.Keep != 0 {
				out.CapAdd = c.Keep.Names()
			}
		case inspect.DialNoNewPrivileges:
			out.NoNewPrivileges = true
		case inspect.DialReadOnlyRoot:
			out.ReadOnlyRoot = true
		case inspect.DialTmpfs:
			i := slices.IndexFunc(out.Tmpfs, func(t inspect.Tmpfs) bool { return t.Path == c.Tmpfs.Path })
			if i < 0 {
				out.Tmpfs = append(out.Tmpfs, c.Tmpfs)
			} else {
				out.Tmpfs[i] = c.Tmpfs
			}
		}
	}
	return out
}

// planJSON is the shape other programs rely on.
type planJSON struct {
	CapDrop         []string `json:"capDrop,omitempty"`
	CapAdd          []string `json:"capAdd,omitempty"`
	ReadOnly        bool     `json:"readOnly,omitempty"`
	Tmpfs           []string `json:"tmpfs,omitempty"`
	NoNewPrivileges bool     `json:"noNewPrivileges,omitempty"`
}

// MarshalJSON writes {capDrop, capAdd, readOnly, tmpfs, noNewPrivileges};
// what the plan does not speak of is left out.
func (p Plan) MarshalJSON() ([]byte, error) {
	var out planJSON
	if keep, ok := p.Capabilities(); ok {
		out.CapDrop, out.CapAdd = []string{"ALL"}, keep.Names()
	}
	out.ReadOnly = p.Has(inspect.DialReadOnlyRoot)
	out.NoNewPrivileges = p.Has(inspect.DialNoNewPrivileges)
	for _, t := range p.Tmpfs() {
		out.Tmpfs = append(out.Tmpfs, t.String())
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Plan) UnmarshalJSON(data []byte) error {
	var in planJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*p = Plan{}
	if in.ReadOnly {
		*p = p.With(inspect.Change{Dial: inspect.DialReadOnlyRoot})
	}
	for _, t := range in.Tmpfs {
		path, options, _ := strings.Cut(t, ":")
		*p = p.With(inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: path, Options: options}})
	}
	if in.NoNewPrivileges {
		*p = p.With(inspect.Change{Dial: inspect.DialNoNewPrivileges})
	}
	if len(in.CapDrop) > 0 {
		var keep inspect.CapSet
		for _, name := range in.CapAdd {
			c, err := inspect.ParseCap(name)
			if err != nil {
				return err
			}
			keep |= c
		}
		*p = p.With(inspect.Change{Dial: inspect.DialCapabilities, Keep: keep})
	}
	return nil
}
