package policy

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/ui/workbench"
)

// Policy is everything that sets findings aside. The zero value sets nothing
// aside.
type Policy struct {
	Selection Selection
	Config    Config
	Baseline  Baseline
	// Now decides which suppressions have expired.
	Now time.Time
}

// OfEngine is the place of the engine's own findings, where those of workloads
// have an index. Further engines, where several were looked at, follow below it:
// OfEngine-1 is the first of them.
const OfEngine = -1

// EngineKey is what stands for a workload's name in the fingerprints of an
// engine's own findings. The first has none, so that a baseline holds on the
// next machine, too.
func EngineKey(place int, h inspect.Host) string {
	if place == OfEngine {
		return ""
	}
	return "engine " + h.Name
}

// Aside is a finding that is not reported, and why.
type Aside struct {
	// Workload is an index into the audit's workloads, or OfEngine or below.
	Workload int
	Finding  inspect.Finding
	// Rule is what suppressed it; nil where the baseline already held it.
	Rule *Rule
}

// Outcome is an audit as a policy leaves it.
type Outcome struct {
	// Audit holds the findings that are reported, and only the selected layers and
	// checks.
	// The states of its layers are as they were found.
	Audit workbench.Audit
	// Aside are the selected findings that are not reported.
	Aside  []Aside
	Policy Policy
	// Notes say what a person should know of the policy itself, a sentence each.
	Notes []string
	// Unused are the rules of selected checks that cover nothing that was found.
	Unused []Rule
}

// Apply sorts an audit's findings. It does not touch the audit.
func (p Policy) Apply(a workbench.Audit) Outcome {
	s := sorter{policy: p, known: maps.Clone(p.Baseline.known), back: map[int]int{}, used: map[int]bool{}}
	out := Outcome{Audit: a, Policy: p}
	out.Audit.Engine = s.engine(OfEngine, a.Host, a.Engine)
	out.Audit.Further, out.Audit.Workloads = nil, nil
	for i, e := range a.Further {
		e.Engine = s.engine(OfEngine-1-i, e.Host, e.Engine)
		out.Audit.Further = append(out.Audit.Further, e)
	}
	for i, w := range a.Workloads {
		kept := inspect.Audited{Workload: w.Workload}
		for _, l := range w.Layers {
			if p.Selection.HasLayer(l.Layer) {
				kept.Layers = append(kept.Layers, s.layer(i, w.Workload.Name, l.Layer, l))
			}
		}
		out.Audit.Workloads = append(out.Audit.Workloads, kept)
	}
	out.Aside = s.aside
	out.Notes = s.notes()
	out.Unused = s.unused()
	return out
}

// sorter goes through the findings once.
type sorter struct {
	policy Policy
	// known counts what the baseline still accounts for; of rules, by their index,
	// back counts the findings that an expired one no longer covers, and used says
	// which cover anything.
	known map[string]int
	back  map[int]int
	used  map[int]bool
	aside []Aside
}

// engine sorts the findings of an engine's own layer; the zero value stands
// where no engine was asked, or where its layer is not selected.
func (s *sorter) engine(place int, h inspect.Host, l inspect.LayerState) inspect.LayerState {
	if l.State == "" || !s.policy.Selection.HasLayer(inspect.LayerEngine) {
		return inspect.LayerState{}
	}
	return s.layer(place, EngineKey(place, h), inspect.LayerEngine, l)
}

func (s *sorter) layer(index int, workload string, layer inspect.Layer, l inspect.LayerState) inspect.LayerState {
	kept := []inspect.Finding{}
	for _, f := range l.Findings {
		f.Layer = layer
		if !s.policy.Selection.Has(f.ID, layer) {
			continue
		}
		if rule := s.rule(workload, f); rule != nil {
			s.aside = append(s.aside, Aside{index, f, rule})
			continue
		}
		if s.accounted(workload, f) {
			s.aside = append(s.aside, Aside{index, f, nil})
			continue
		}
		kept = append(kept, f)
	}
	l.Findings = kept
	l.Checks = slices.DeleteFunc(slices.Clone(l.Checks), func(c inspect.CheckState) bool {
		return !s.policy.Selection.Has(c.Check, layer)
	})
	return l
}

// accounted says whether the baseline held the finding, each of its own once.
func (s *sorter) accounted(workload string, f inspect.Finding) bool {
	if len(s.known) == 0 {
		return false
	}
	name := Fingerprint(workload, f)
	if s.known[name] == 0 {
		return false
	}
	s.known[name]--
	return true
}

// rule is the first rule in force that covers the finding. Where only expired
// ones do, it is counted as having come back.
func (s *sorter) rule(workload string, f inspect.Finding) *Rule {
	inForce, expired := -1, -1
	for i, r := range s.policy.Config.Suppress {
		switch {
		case !r.Covers(workload, f):
			continue
		case r.Expired(s.policy.Now):
			expired = first(expired, i)
		default:
			inForce = first(inForce, i)
		}
		s.used[i] = true
	}
	switch {
	case inForce >= 0:
		return &s.policy.Config.Suppress[inForce]
	case expired >= 0:
		s.back[expired]++
	}
	return nil
}

// first is the index that was found first; below 0 none was.
func first(found, i int) int {
	if found >= 0 {
		return found
	}
	return i
}

// unused are the rules whose check was selected and that cover nothing.
func (s *sorter) unused() []Rule {
	var out []Rule
	for i, r := range s.policy.Config.Suppress {
		c, ok := check.ByID(r.Check)
		if ok && !s.used[i] && s.policy.Selection.Has(c.ID, c.Layer) {
			out = append(out, r)
		}
	}
	return out
}

func (s *sorter) notes() []string {
	var notes []string
	for i, r := range s.policy.Config.Suppress {
		if n := s.back[i]; n > 0 {
			notes = append(notes, fmt.Sprintf("The suppression of %s at %s expired on %s; %s. Mend what it covered, or decide anew and give it another day.",
				r.Check, r.Place(), r.Day(), plural(n, "finding is back", "findings are back")))
		}
	}
	return notes
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Suppressed counts what rules set aside, Known what the baseline already held.
func (o Outcome) Suppressed() int { return o.count(func(a Aside) bool { return a.Rule != nil }) }

// Known counts what is not reported because the baseline already held it.
func (o Outcome) Known() int { return o.count(func(a Aside) bool { return a.Rule == nil }) }

func (o Outcome) count(is func(Aside) bool) int {
	n := 0
	for _, a := range o.Aside {
		if is(a) {
			n++
		}
	}
	return n
}

// Worst is the highest severity that is reported, the engine's own findings
// among them; false where nothing is.
func (o Outcome) Worst() (inspect.Severity, bool) {
	worst, any := inspect.Info, false
	look := func(found []inspect.Finding) {
		for _, f := range found {
			worst, any = max(worst, f.Severity), true
		}
	}
	look(o.Audit.Engine.Findings)
	for _, e := range o.Audit.Further {
		look(e.Engine.Findings)
	}
	for _, w := range o.Audit.Workloads {
		look(w.Findings())
	}
	return worst, any
}
