package trial

import (
	"fmt"

	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// BaselineError says that the copy does not work under today's settings, so
// that nothing can be learned from tighter ones.
type BaselineError struct {
	Workload string
	// Missing says what failed, a sentence each.
	Missing []string
	// Unstarted says that the engine refused to start the copy.
	Unstarted bool
	// Log is the end of the copy's log, redacted and printable.
	Log []string
	// Notes are what the copy does not share with the original.
	Notes []string
}

// Error says what failed.
func (e *BaselineError) Error() string {
	return fmt.Sprintf("A copy of %s does not work in isolation under today's settings. %s", inspect.Printable(e.Workload), sentences(e.Missing))
}

// Hint is the next step.
func (e *BaselineError) Hint() string {
	if e.Unstarted {
		return "Nothing of it has run. See whether the engine still starts the original, or another container of its image, and what the engine's own log says."
	}
	return "Read the copy's last log lines. If it needs the content of its volumes, try --copy-volumes; if it needs the internet, --egress lets it."
}

// baseline wants the copy run twice under today's settings: once to know what
// works, and again to know what flickers.
func (k Known) baseline() Decision {
	done := k.baselines(false)
	for _, t := range done {
		if t.Verdict != Failed && !k.mixed(t) {
			continue
		}
		err := &BaselineError{
			Workload: k.Workload.Name, Missing: k.shortcomings(t), Unstarted: t.Reading != nil && t.Reading.StartError != "", Log: tail(t.Log, 12),
		}
		if k.Sealed {
			return Decision{Outcome: &Outcome{Err: err}}
		}
		return Decision{Loosen: err}
	}
	purposes := []string{"baseline: today's settings", "baseline again, to know what flickers"}
	var d Decision
	for n := len(done); n < len(purposes); n++ {
		// One is watched and one is not: what being watched changes is noise then.
		d.Steps = append(d.Steps, Step{Purpose: purposes[n], Baseline: true, Watch: n == 0, Notch: k.Notch})
	}
	if d.wants() {
		d.Steps = append(d.Steps, k.rootOwnedBaseline()...)
	}
	return d
}

// shortcomings say why a baseline does not count.
func (k Known) shortcomings(t Trial) []string {
	if k.mixed(t) {
		return []string{"It ended by itself with exit code 0 in one run and not in the other: it is neither a job nor a service."}
	}
	return t.Evidence
}

// mixed says that a baseline ended like a job and another one did not.
func (k Known) mixed(t Trial) bool {
	done := readings(k.baselines(t.RootOwned))
	return t.Reading != nil && health.IsJob(*t.Reading) && !health.IsJob(done...)
}

// unwell says why a baseline does not count as working.
func unwell(r health.Reading) []string {
	switch {
	case r.StartError != "":
		return []string{"The container did not start: " + r.StartError}
	case r.Exited:
		return []string{fmt.Sprintf("It ended by itself with exit code %d.", r.Code)}
	case r.Healthcheck != "" && r.Healthcheck != "healthy":
		return []string{fmt.Sprintf("Its healthcheck says %s.", r.Healthcheck)}
	case !r.Ready:
		return []string{"It did not become ready."}
	case r.Exercise != "":
		return []string{r.Exercise + "."}
	}
	return nil
}

// baselineNotes are what a person should know of the comparison.
func (k Known) baselineNotes() []string {
	e := k.expectation(false)
	notes := e.Noise
	if e.Job {
		return append(notes, "It is a job: it ends by itself with exit code 0. A trial passes when it ends so too, and says the same.")
	}
	if !e.Healthcheck && len(e.Answers) == 0 {
		notes = append(notes, "It has no healthcheck and listens on no port: a trial passes when it stays up, runs as the same users and stops the same way. An --exercise would say more.")
	}
	switch {
	case !e.Restart:
		notes = append(notes, "It does not come back after a restart in isolation, so restarts are not compared.")
	case !e.Remembers:
		notes = append(notes, "The exercises do not pass a second time, after a restart, under today's settings either; so they are run once. BULKHEAD_PHASE tells them which time it is.")
	}
	return notes
}
