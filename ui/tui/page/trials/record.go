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
	n                int
	purpose, because string
	byHand, baseline bool
	verdict          trial.Verdict
	seconds          float64
	evidence         []string
	log              []string
	// unsure and judged are those of the trial.
	unsure, judged bool
	// skipped says that the step was called back before it had ended, cut that
	// everything ended before it did.
	skipped, cut bool
}

func (r *record) add(e trial.Event) {
	if e.Grid.Granted != 0 {
		r.grid = e.Grid
	}
	switch e.Kind {
	case trial.StepStarted:
		r.insert(step{
			n: e.Step.N, purpose: block.Clean(e.Step.Purpose), because: block.Clean(e.Step.Because),
			byHand: e.Step.ByHand, baseline: e.Step.Baseline,
		})
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
		s.settle(e.Trial)
		// The trial's own log is the end of all that was logged; lines that
		// came too fast to be shown are in it.
		if len(e.Trial.Log) > 0 {
			s.log = cleaned(e.Trial.Log)
		}
	case trial.StepDropped:
		if s := r.find(e.Step.N); s != nil {
			s.skipped = true
		}
	case trial.Note:
		r.notes = append(r.notes, block.Clean(e.Line))
	}
}

// settle takes over what a trial came to, also when a person judged it later.
func (s *step) settle(t trial.Trial) {
	s.verdict, s.seconds, s.unsure, s.judged = t.Verdict, t.Seconds, t.Unsure, t.Judged
	s.evidence = cleaned(t.Evidence)
}

// cleaned makes lines safe to draw.
func cleaned(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = block.Clean(line)
	}
	return out
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
		r.steps[i].cut = r.steps[i].verdict == "" && !r.steps[i].skipped
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

// finished counts the steps that came to a verdict.
func (r *record) finished() int {
	n := 0
	for _, s := range r.steps {
		if s.verdict != "" {
			n++
		}
	}
	return n
}

// remember takes over trials: those of an earlier sitting, and what the person
// judged since.
func (r *record) remember(all []trial.Trial) {
	for _, t := range all {
		if s := r.find(t.N); s != nil {
			s.settle(t)
		} else {
			r.insert(remembered(t))
		}
	}
}

// remembered is a step of an earlier sitting.
func remembered(t trial.Trial) step {
	s := step{
		n: t.N, purpose: block.Clean(t.Purpose), because: block.Clean(t.Because),
		byHand: t.ByHand, baseline: t.Baseline, log: cleaned(t.Log),
	}
	s.settle(t)
	return s
}
