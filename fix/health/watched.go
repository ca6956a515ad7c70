package health

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// Watched is what an observer saw of a run, reduced to what a search needs. It
// is observed, not proved.
type Watched struct {
	// Used are the capabilities that the run asked for and was granted.
	Used []Use `json:"used"`
	// Denied are the checks and accesses that were refused, the earliest first.
	Denied []Denial `json:"denied,omitempty"`
	// Writes are the paths that it wrote, made, removed or changed and that lie on
	// no mount, sorted; also those of files that were gone again at the end.
	Writes []string `json:"writes,omitempty"`
	// Whole says that nothing of it was lost.
	Whole bool `json:"whole,omitempty"`
	// Unwatched says that capability checks were not watched: Used is no more than
	// what files demand then.
	Unwatched bool `json:"unwatched,omitempty"`
	// Doubts say, a sentence each, why there may be more.
	Doubts []string `json:"doubts,omitempty"`
}

// Use is a capability with one example of what used it: "setgid(33) by nginx".
type Use struct {
	Capability inspect.CapSet `json:"capability"`
	Example    string         `json:"example"`
}

// Denial is one refusal, a sentence; Capability is 0 where a file was refused.
type Denial struct {
	Capability inspect.CapSet `json:"capability,omitempty"`
	Text       string         `json:"text"`
}

// mostDenials bounds what is kept of a run that was refused everything.
const mostDenials = 12

// mostWrites bounds the paths; what writes more scatters them.
const mostWrites = 500

// Reduce makes the short form of an observation of what ran with mounts on the
// targets; nil where the application was never seen to begin and nothing was
// refused either, so that nothing is known.
func Reduce(o observe.Observation, targets []string) *Watched {
	p := observe.Predict(o)
	writes, cut := written(o, targets)
	w := &Watched{
		Used: []Use{}, Unwatched: o.Misses(observe.Capabilities), Writes: writes[:min(len(writes), mostWrites)], Doubts: p.Doubts,
	}
	w.Whole = o.Began && len(p.Doubts) == 0 && !o.Lost.Any() && !o.Compat && !cut && len(writes) <= mostWrites
	for _, n := range p.Needed {
		w.Used = append(w.Used, Use{n.Capability, example(n)})
	}
	for _, n := range p.Denied {
		for _, c := range n.Checks {
			c.Count = 1 // how often differs from run to run
			w.deny(Denial{n.Capability, c.String()})
		}
	}
	files := o
	files.Checks = nil
	for _, text := range observe.Explain(files) {
		w.deny(Denial{Text: text})
	}
	if !o.Began && len(w.Denied) == 0 {
		return nil
	}
	return w
}

func (w *Watched) deny(d Denial) {
	if len(w.Denied) < mostDenials && !slices.Contains(w.Denied, d) {
		w.Denied = append(w.Denied, d)
	}
}

// written are the paths in the root filesystem that were written to; cut says
// that there was one more that is not known.
func written(o observe.Observation, targets []string) (paths []string, cut bool) {
	mounted := slices.Concat([]string{"/proc", "/sys", "/dev"}, targets)
	for _, f := range o.Files {
		within := func(dir string) bool {
			return f.Path == dir || strings.HasPrefix(f.Path, strings.TrimSuffix(dir, "/")+"/")
		}
		switch {
		case !slices.ContainsFunc(f.Access, observe.Access.Writes) || f.Kind == "pipe" || f.Kind == "socket" || slices.ContainsFunc(mounted, within):
		case f.Cut || !path.IsAbs(f.Path):
			cut = true
		default:
			paths = append(paths, path.Clean(f.Path))
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), cut
}

// example says what used a capability first.
func example(n observe.Need) string {
	if len(n.Checks) == 0 {
		return fmt.Sprintf("%s demands it", inspect.Printable(strings.Join(n.Files, ", ")))
	}
	c := slices.MinFunc(n.Checks, func(a, b observe.Check) int { return observe.ComparePhases(a.Phase, b.Phase) })
	did := c.Call()
	if c.Executable == "" {
		return did
	}
	return did + " by " + inspect.Printable(path.Base(c.Executable))
}

// Caps are the capabilities that were used.
func (w *Watched) Caps() inspect.CapSet {
	var set inspect.CapSet
	if w != nil {
		for _, u := range w.Used {
			set |= u.Capability
		}
	}
	return set
}

// Wrote are the paths that were written.
func (w *Watched) Wrote() []string {
	if w == nil {
		return nil
	}
	return w.Writes
}

// Example says what used the capability, "" where nothing was seen to.
func (w *Watched) Example(c inspect.CapSet) string {
	if w != nil {
		for _, u := range w.Used {
			if u.Capability == c {
				return u.Example
			}
		}
	}
	return ""
}
