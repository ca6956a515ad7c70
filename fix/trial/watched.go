package trial

import (
	"slices"
	"strings"

	"bulkhead/fix/health"
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
