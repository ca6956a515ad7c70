package trials

import (
	"slices"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
)

// keepLines bounds the log that is kept for each step.
const keepLines = 300

// record is what the events have told so far, cleaned for the screen.
type record struct {
	granted inspect.CapSet
	steps   []step
	grid    trial.Grid
	notes   []string
}

// step is one run of a copy; verdict is "" while it runs.
type step struct {
	n        int
	purpose  string
	verdict  trial.Verdict
	seconds  float64
	evidence []string
	log      []string
	// cut says that the run ended before the step did.
	cut bool
}

func (r *record) add(e trial.Event) {
	if e.Grid.Granted != 0 {
		r.grid = e.Grid
	}
	switch e.Kind {
	case trial.StepStarted:
		r.insert(step{n: e.Step.N, purpose: block.Clean(e.Step.Purpose)})
	case trial.LogLine:
		if s := r.find(e.Step.N); s != nil {
			s.log = append(s.log, block.Clean(e.Line))
			if len(s.log) > keepLines {
				s.log = slices.Delete(s.log, 0, len(s.log)-keepLines)
			}
		}
	case trial.StepFinished:
		s := r.find(e.Step.N)
		if s == nil {
			return
		}
		s.verdict, s.seconds = e.Trial.Verdict, e.Trial.Seconds
		for _, line := range e.Trial.Evidence {
			s.evidence = append(s.evidence, block.Clean(line))
		}
		// The trial's own log is the end of all that was logged; lines that
		// came too fast to be shown are in it.
		if len(e.Trial.Log) > 0 {
			s.log = nil
			for _, line := range e.Trial.Log {
				s.log = append(s.log, block.Clean(line))
			}
		}
	case trial.Note:
		r.notes = append(r.notes, block.Clean(e.Line))
	}
}

// insert keeps the steps in the order of their numbers, in which steps that run
// side by side need not start.
func (r *record) insert(s step) {
	i := len(r.steps)
	for i > 0 && r.steps[i-1].n > s.n {
		i--
	}
	r.steps = slices.Insert(r.steps, i, s)
}

func (r *record) find(n int) *step {
	for i := range r.steps {
		if r.steps[i].n == n {
			return &r.steps[i]
		}
	}
	return nil
}

// place is where step n stands, the last place where there is no such step.
func (r *record) place(n int) int {
	i := slices.IndexFunc(r.steps, func(s step) bool { return s.n == n })
	if i < 0 {
		return len(r.steps) - 1
	}
	return i
}

// close marks what still ran when everything ended.
func (r *record) close() {
	for i := range r.steps {
		r.steps[i].cut = r.steps[i].verdict == ""
	}
	r.grid.Testing = 0
}

// current is what is known of the capabilities; before the first event that is
// what the workload is granted.
func (r *record) current() trial.Grid {
	if r.grid.Granted == 0 {
		return trial.Grid{Granted: r.granted}
	}
	return r.grid
}
