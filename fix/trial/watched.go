package trial

import (
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// watched is what an observer saw of a baseline that works, nil where none was
// watched. Where there are doubts, it still says what to try first.
func (k Known) watched() *health.Watched {
	for _, t := range k.baselines(false) {
		if t.Verdict == Works && t.Reading != nil && t.Reading.Watched != nil {
			return t.Reading.Watched
		}
	}
	return nil
}

// foretold is what a watched baseline names, tried all at once: a read-only root
// filesystem with mounts where it was seen to write, no-new-privileges, and no
// capability but those it was seen to use. A failure that names a path or a
// capability mends it; passed is false where that does not help, or where
// nothing was watched.
func (k Known) foretold() (base fix.Plan, keep inspect.CapSet, passed bool, d Decision) {
	granted := k.Workload.Settings.Capabilities()
	if w := k.watched(); w == nil || w.Unwatched || granted == 0 {
		return fix.Plan{}, 0, false, Decision{}
	}
	if missing := k.unsurveyed(); len(missing) > 0 {
		return fix.Plan{}, 0, false, Decision{Survey: missing}
	}
	base, _ = k.readOnlyRoot()
	if !k.Workload.Settings.NoNewPrivileges {
		base = base.With(inspect.Change{Dial: inspect.DialNoNewPrivileges})
	}
	keep, because := k.evident()
	keep &= granted
	for n := range mostMends {
		step := k.step(with(base, keep), allBut(keep), because).likely(Passed)
		step.Foretold = n == 0
		switch k.standing(step) {
		case unknown:
			return base, keep, false, Decision{Steps: []Step{step}}
		case passes:
			return base, keep, true, Decision{}
		}
		failure, _ := k.failure(step.Plan)
		mended, said, d := k.mendByFirst(base, failure, readOnlyWords, hidden)
		if d.wants() {
			return base, keep, false, d
		}
		more, why := suspects(failure)
		switch more = keep | more&granted; {
		case !mended.Equal(base):
			base, because = mended, said
		case more != keep:
			keep, because = more, why
		default:
			return fix.Plan{}, 0, false, Decision{}
		}
	}
	return fix.Plan{}, 0, false, Decision{}
}

func allBut(keep inspect.CapSet) string {
	if keep == 0 {
		return "close all at once"
	}
	return "close all at once but " + keep.String()
}

// unsurveyed are the paths that were seen to be written, that no known place
// takes, and around which the image was not looked at yet.
func (k Known) unsurveyed() []string {
	plan, ok := k.readOnlyRoot()
	if !ok {
		return nil
	}
	var missing []string
	for _, p := range k.watched().Wrote() {
		_, mounted := k.mountOver(plan, p)
		if _, known := k.Surveys[p]; !mounted && !known {
			missing = append(missing, p)
		}
	}
	return missing
}

// used says what a baseline was seen to use.
func used(w *health.Watched) string {
	if len(w.Used) == 0 {
		return "It was not seen to use any capability."
	}
	var uses []string
	for _, u := range w.Used {
		uses = append(uses, u.Capability.String()+" ("+u.Example+")")
	}
	return "It was seen to use " + strings.Join(uses, ", ") + "."
}

// withDenied adds to a failed trial what it was seen to be refused, without
// what a watched baseline was refused as well.
func (k Known) withDenied(t Trial, w *health.Watched) Trial {
	base := k.watched()
	if t.Verdict != Failed || t.Baseline || w == nil || base == nil {
		return t
	}
	for _, d := range w.Denied {
		if !slices.Contains(base.Denied, d) {
			t.Denied = append(t.Denied, d)
			t.Evidence = append(t.Evidence, "Observed: "+d.Text)
		}
	}
	return t
}

// refused are the files that a failed trial was seen to be refused, a sentence
// each.
func (t Trial) refused() []string {
	var out []string
	for _, d := range t.Denied {
		if d.Capability == 0 {
			out = append(out, d.Text)
		}
	}
	return out
}

// Tell keeps a note with the result and emits it, once.
func (s *Search) Tell(note string) { s.note(note) }

// Unwell says, a sentence each, why a baseline does not count as working; a job
// that ended well does.
func Unwell(r health.Reading) []string {
	if health.IsJob(r) {
		return nil
	}
	return unwell(r)
}
