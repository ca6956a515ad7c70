package report

import (
	"cmp"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/policy"
	"bulkhead/ui/tui/theme"
)

// theEngine is how reports name the engine's own layer.
const theEngine = "the engine"

// nameOf is the printable name of a workload, or of an engine, by its place.
func nameOf(o policy.Outcome, place int) string {
	if place >= 0 {
		return inspect.Printable(o.Audit.Workloads[place].Workload.Name)
	}
	return engineName(o, place)
}

// engineName tells engines apart where there are several.
func engineName(o policy.Outcome, place int) string {
	if len(o.Audit.Further) == 0 {
		return theEngine
	}
	h := o.Audit.Host
	if i := policy.OfEngine - 1 - place; i >= 0 {
		h = o.Audit.Further[i].Host
	}
	return theEngine + " " + inspect.Printable(cmp.Or(h.Context, h.Name))
}

// subject is a workload, or the engine, as reports go through them.
type subject struct {
	// name is printable; key is the name that fingerprints use.
	name, key string
	audited   inspect.Audited
	aside     []policy.Aside
}

// subjects are the engines that were asked, and the workloads.
func subjects(o policy.Outcome) []subject {
	aside := asideByWorkload(o)
	var out []subject
	engine := func(place int, h inspect.Host, l inspect.LayerState) {
		if l.State != "" {
			out = append(out, subject{engineName(o, place), policy.EngineKey(place, h),
				inspect.Audited{Layers: []inspect.LayerState{l}}, aside[place]})
		}
	}
	engine(policy.OfEngine, o.Audit.Host, o.Audit.Engine)
	for i, e := range o.Audit.Further {
		engine(policy.OfEngine-1-i, e.Host, e.Engine)
	}
	for i, a := range o.Audit.Workloads {
		out = append(out, subject{inspect.Printable(a.Workload.Name), a.Workload.Name, a, aside[i]})
	}
	return out
}

// mark is how the gravest of what is reported of the subject looks. Where there
// is nothing to report and a layer is unknown, it is unknown.
func (s subject) mark(t *theme.Theme) theme.Mark {
	if len(s.audited.Findings()) > 0 {
		return t.Severity(s.audited.Worst())
	}
	for _, l := range s.audited.Layers {
		if l.State == inspect.Unknown {
			return t.State(inspect.Unknown)
		}
	}
	return t.Clean()
}

// counts says how many findings there are of each severity, the gravest first:
// "1 critical, 3 medium".
func (s subject) counts() string {
	n := map[inspect.Severity]int{}
	for _, f := range s.audited.Findings() {
		n[f.Severity]++
	}
	var out []string
	for _, sev := range slices.SortedFunc(maps.Keys(n), func(a, b inspect.Severity) int { return cmp.Compare(b, a) }) {
		out = append(out, count(n[sev], sev.String(), sev.String()))
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

// ranked orders subjects by their worst severity and how often it occurs; the
// order of equals stays.
func ranked(all []subject) []subject {
	out := slices.Clone(all)
	rank := func(s subject) []int {
		n := make([]int, int(inspect.Critical)+1)
		for _, f := range s.audited.Findings() {
			if f.Severity >= inspect.Info && f.Severity <= inspect.Critical {
				n[inspect.Critical-f.Severity]++
			}
		}
		return n
	}
	slices.SortStableFunc(out, func(a, b subject) int { return slices.Compare(rank(b), rank(a)) })
	return out
}

// address is the web address that a reference is, "" where it is none.
func address(reference string) string {
	u, err := url.Parse(reference)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.String()
}

// below is a path as seen from a directory, with slashes, where it is in it or
// below it.
func below(dir, path string) (string, bool) {
	if dir == "" || path == "" {
		return "", false
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}
