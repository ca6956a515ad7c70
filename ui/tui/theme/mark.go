package theme

import (
	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// Mark is how one value of a judgement looks: a glyph of one cell, the word,
// and the style of both.
type Mark struct {
	Glyph, Word string
	Style       Style
}

// String draws glyph and word.
func (m Mark) String() string { return m.Style.Render(m.Glyph + " " + m.Word) }

// Dot draws the glyph alone.
func (m Mark) Dot() string { return m.Style.Render(m.Glyph) }

// State is the mark of a layer's state: the fuller the circle, the more of the
// wall stands.
func (t *Theme) State(s inspect.State) Mark {
	switch s {
	case inspect.Closed:
		return Mark{"●", "closed", t.Good}
	case inspect.Partly:
		return Mark{"◐", "partly", t.Fair}
	case inspect.Open:
		return Mark{"○", "open", t.Bad}
	case inspect.NotApplicable:
		return Mark{"·", "not applicable", t.Faint}
	default:
		return Mark{"?", "unknown", t.Doubt}
	}
}

// States are the states in the order a legend shows them.
func States() []inspect.State {
	return []inspect.State{inspect.Closed, inspect.Partly, inspect.Open, inspect.Unknown, inspect.NotApplicable}
}

// Severity is the mark of a finding's severity.
func (t *Theme) Severity(s inspect.Severity) Mark {
	switch s {
	case inspect.Critical:
		return Mark{"▲", s.String(), t.Alarm}
	case inspect.High:
		return Mark{"▲", s.String(), t.Bad}
	case inspect.Medium:
		return Mark{"▪", s.String(), t.Fair}
	case inspect.Low:
		return Mark{"▫", s.String(), t.Calm}
	default:
		return Mark{"·", s.String(), t.Muted}
	}
}

// Clean is the mark of a workload without findings.
func (t *Theme) Clean() Mark { return Mark{"✓", "none", t.Good} }

// Run is the mark of a container's run state.
func (t *Theme) Run(s inspect.RunState) Mark {
	switch s {
	case inspect.Running:
		return Mark{"►", string(s), t.Accent}
	case inspect.Exited:
		return Mark{"■", string(s), t.Muted}
	case inspect.Paused:
		return Mark{"=", string(s), t.Fair}
	case inspect.Restarting:
		return Mark{"↻", string(s), t.Fair}
	case inspect.Dead, inspect.Removing:
		return Mark{"×", string(s), t.Bad}
	case inspect.Created, inspect.Defined:
		return Mark{"-", string(s), t.Faint}
	default:
		return Mark{"?", "unknown", t.Doubt}
	}
}

// RunStates are the run states in the order a legend shows them.
func RunStates() []inspect.RunState {
	return []inspect.RunState{inspect.Running, inspect.Exited, inspect.Paused, inspect.Restarting, inspect.Dead, inspect.Defined}
}

// Verdict is the mark of a trial's verdict.
func (t *Theme) Verdict(v trial.Verdict) Mark {
	switch v {
	case trial.Works, trial.Passed:
		return Mark{"✓", string(v), t.Good}
	case trial.Failed:
		return Mark{"✗", string(v), t.Bad}
	default:
		return Mark{"?", "unknown", t.Doubt}
	}
}

// Strength is the mark of how well something is known.
func (t *Theme) Strength(s fix.Strength) Mark {
	switch s {
	case fix.Proved:
		return Mark{"✓", string(s), t.Good}
	case fix.Observed:
		return Mark{"•", string(s), t.Calm}
	default:
		return Mark{"≈", string(fix.Assumed), t.Fair}
	}
}

// CapState is what a trial knows of one capability.
type CapState int

// The states of a capability, in the order a legend shows them.
const (
	CapNeeded CapState = iota
	CapUnneeded
	CapTesting
	CapUntouched
)

// Cap is the mark of a capability: filled is kept, hollow can go.
func (t *Theme) Cap(s CapState) Mark {
	switch s {
	case CapNeeded:
		return Mark{"◆", "needed", t.Fair}
	case CapUnneeded:
		return Mark{"◇", "not needed", t.Good}
	case CapTesting:
		return Mark{"~", "testing", t.Calm}
	default:
		return Mark{"·", "not looked at", t.Muted}
	}
}
