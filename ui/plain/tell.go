package plain

import (
	"fmt"

	"bulkhead/fix/trial"
)

// Tell says what a search does, as it happens. It may be called from several
// goroutines.
func (c *Console) Tell(e trial.Event) {
	switch e.Kind {
	case trial.StepStarted:
		c.say("%s runs: %s.", called(e.Step), e.Step.Purpose)
	case trial.StepFinished:
		c.outcome(e.Trial)
	case trial.StepDropped:
		c.say("%s was called back. Its answer is of no more use.", called(e.Step))
	case trial.LogLine:
		if c.Logs {
			c.item("  | ", "%s", e.Line)
		}
	case trial.Note:
		c.item("Note: ", "%s", e.Line)
	}
}

// called names a step.
func called(s trial.Step) string {
	if s.Baseline {
		return fmt.Sprintf("Baseline %d", s.N)
	}
	return fmt.Sprintf("Trial %d", s.N)
}

// outcome says how a trial ended, with its evidence.
func (c *Console) outcome(t trial.Trial) {
	switch {
	case t.Baseline && t.Verdict == trial.Works:
		c.say("%s works (%.1f s).", called(t.Step), t.Seconds)
	case t.Baseline:
		c.say("%s does not work (%.1f s).", called(t.Step), t.Seconds)
	case t.Verdict == trial.Passed:
		c.say("%s passed (%.1f s). Observed: it does all that the baselines did.", called(t.Step), t.Seconds)
	case t.Unsure:
		c.say("%s failed (%.1f s), but it was only late or slow. A busy machine can be the reason, so it counts only if it happens again.", called(t.Step), t.Seconds)
	default:
		c.say("%s failed (%.1f s). Observed:", called(t.Step), t.Seconds)
	}
	c.evidence(t.Evidence)
}

func (c *Console) evidence(sentences []string) {
	for _, s := range sentences {
		c.item("  - ", "%s", s)
	}
}
