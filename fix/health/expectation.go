package health

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Expectation is what a service does under today's settings, learned from its
// baseline runs. What differed between those runs is noise and is not expected
// of anyone.
type Expectation struct {
	// ReadyAfter is the longest time a baseline took to become ready.
	ReadyAfter time.Duration
	// AnsweredIn is the longest that one took to answer on all its ports, 0 where
	// that is not known.
	AnsweredIn  time.Duration
	Healthcheck bool
	// Job says that every baseline ended by itself with exit code 0. Then Code,
	// Complaints and Output are all that is expected; EndedAfter is the longest
	// time a baseline took.
	Job        bool
	Output     Output
	EndedAfter time.Duration
	// Answers are the ports that answered in the same way in every baseline.
	// Where the application or the line differed it is "", and not compared.
	Answers []Answer
	// Required ran in every sample of every baseline, Allowed in any.
	Required, Allowed []Identity
	// Code is the exit code after stop, where CodeStable.
	Code       int
	CodeStable bool
	StopAfter  time.Duration
	Killed     bool
	// Restart says that every baseline came back after a restart, Remembers that
	// the exercises passed again then.
	Restart, Remembers bool
	// Reloaded is what a reload did in every baseline.
	Reloaded Reloaded
	// Complaints were in the log of some baseline already.
	Complaints []Complaint
	// Noise says, a sentence each, what differed between the baselines.
	Noise []string
}

// Expect learns from baseline readings; of none it expects nothing.
func Expect(baselines ...Reading) Expectation {
	if len(baselines) == 0 {
		return Expectation{}
	}
	first := baselines[0]
	e := Expectation{
		Answers: slices.Clone(first.Answers), Required: slices.Clone(first.Identities),
		Code: first.Code, CodeStable: true, Restart: true, Remembers: true, Reloaded: first.Reloaded,
	}
	for _, b := range baselines {
		e.ReadyAfter = max(e.ReadyAfter, b.ReadyAfter)
		e.AnsweredIn = max(e.AnsweredIn, b.AnsweredIn)
		e.StopAfter = max(e.StopAfter, b.StopAfter)
		e.Healthcheck = e.Healthcheck || b.Healthcheck != ""
		e.Killed = e.Killed || b.Killed
		e.Restart = e.Restart && b.Restart.Ready
		e.Remembers = e.Remembers && b.Restart.Ready && b.Restart.Exercise == ""
		e.Complaints = Merge(slices.Clone(e.Complaints), b.Complaints)
		e.Reloaded = e.Reloaded.both(b.Reloaded)
		e.Allowed = union(e.Allowed, b.Seen)
		e.Required = slices.DeleteFunc(e.Required, func(i Identity) bool { return !i.runsIn(b.Identities) })
		e.EndedAfter = max(e.EndedAfter, b.EndedAfter)
		e.expectAnswers(b.Answers)
		if b.Code != e.Code {
			e.CodeStable = false
		}
	}
	if e.Job = IsJob(baselines...); e.Job {
		e.Output = learnOutput(baselines)
	}
	if e.Job && !e.Output.Steady {
		e.Noise = append(e.Noise, "The output differed between baselines, so only what they had in common is compared.")
	}
	if !e.CodeStable {
		e.Noise = append(e.Noise, "The exit code after stop differed between baselines, so it is not compared.")
	}
	return e
}

// expectAnswers drops of the expected answers what another baseline did not
// give.
func (e *Expectation) expectAnswers(given []Answer) {
	var kept []Answer
	for _, want := range e.Answers {
		got, ok := answerAt(given, want)
		agreed := want.agreeing(got)
		switch {
		case !ok || got.Kind != want.Kind || got.Loopback != want.Loopback:
			e.Noise = append(e.Noise, fmt.Sprintf("%s did not answer alike in every baseline, so it is not compared.", want.Where()))
			continue
		case agreed != want:
			e.Noise = append(e.Noise, fmt.Sprintf("What %s answered differed between baselines, so only that it did is compared.", want.Where()))
		}
		kept = append(kept, agreed)
	}
	e.Answers = kept
}

func union[T comparable](a, b []T) []T {
	out := slices.Clone(a)
	for _, v := range b {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// Patience is how long a trial may take to become ready before it counts as
// broken, or a job to end: the baseline's own time with room for a busy machine.
func (e Expectation) Patience() time.Duration {
	if e.Job {
		return e.jobPatience()
	}
	return min(4*time.Second+3*e.ReadyAfter, 3*time.Minute)
}

// ProbeTimeout is how long a port of a trial that is not ready yet is waited for
// before all are asked anew: the baseline's own time with room for a busy
// machine, at most the time given. What does not answer then is not broken yet;
// Patience says when it is.
func (e Expectation) ProbeTimeout(most time.Duration) time.Duration {
	if e.AnsweredIn == 0 {
		return most
	}
	return min(max(10*e.AnsweredIn, 300*time.Millisecond), most)
}

// Missing says what the reading does not yet show of a ready service, a
// sentence each; nothing is missing when the service is ready, or when a job
// has ended.
func (e Expectation) Missing(r Reading) []string {
	switch {
	case e.Job && !r.Exited:
		return []string{"It has not ended yet."}
	case e.Job:
		return nil
	}
	var missing []string
	if e.Healthcheck && r.Healthcheck != "healthy" {
		missing = append(missing, fmt.Sprintf("The healthcheck says %s.", or(r.Healthcheck, "nothing")))
	}
	for _, want := range e.Answers {
		if got, ok := answerAt(r.Answers, want); !ok {
			missing = append(missing, fmt.Sprintf("Nothing listens on %s.", want.Where()))
		} else if !got.fulfils(want) {
			missing = append(missing, fmt.Sprintf("%s; in the baseline %s.", got, strings.TrimPrefix(want.String(), want.Where()+" ")))
		}
	}
	for _, want := range e.Required {
		if !want.runsIn(r.Identities) {
			missing = append(missing, fmt.Sprintf("No process %s as in the baseline.", want))
		}
	}
	return append(missing, e.worse(r)...)
}

// Compare says what of the whole reading differs from the baseline, a sentence
// each; no difference means that the trial passed.
func (e Expectation) Compare(r Reading) []string {
	switch {
	case r.StartError != "":
		return []string{fmt.Sprintf("The container did not start: %s", r.StartError)}
	case e.Job:
		return e.jobDifferences(r)
	case r.Exited:
		return append([]string{fmt.Sprintf("The service ended by itself with exit code %d.", r.Code)}, e.newComplaints(r)...)
	case r.Cut:
		return append(e.newComplaints(r), e.worse(r)...)
	case !r.Ready:
		return append(e.Missing(r), e.newComplaints(r)...)
	}
	diffs := e.Missing(r)
	if r.Exercise != "" {
		diffs = append(diffs, r.Exercise)
	}
	if len(r.Reload) > 0 {
		diffs = append(diffs, "After it was told to reload: "+strings.Join(r.Reload, " "))
	}
	if e.Restart && !r.Restart.Ready && r.Restart.Tried {
		diffs = append(diffs, "After a restart on the volumes it had filled: "+strings.Join(r.Restart.Missing, " "))
	}
	if e.Remembers && r.Restart.Exercise != "" {
		diffs = append(diffs, "After a restart on the volumes it had filled: "+r.Restart.Exercise)
	}
	diffs = append(diffs, e.stopDifferences(r)...)
	return append(diffs, e.newComplaints(r)...)
}

func (e Expectation) stopDifferences(r Reading) []string {
	switch {
	case r.Killed && !e.Killed:
		return []string{"It did not stop when asked and was killed after its grace period; in the baseline it stopped by itself."}
	case e.CodeStable && r.Code != e.Code:
		return []string{fmt.Sprintf("It stopped with exit code %d; in the baseline with %d.", r.Code, e.Code)}
	case r.StopAfter > 2*time.Second+3*e.StopAfter:
		return []string{fmt.Sprintf("It took %.1f s to stop; in the baseline %.1f s.", r.StopAfter.Seconds(), e.StopAfter.Seconds())}
	}
	return nil
}

// newComplaints are log lines about refused permissions that no baseline had:
// a program may swallow the error and go on with less.
func (e Expectation) newComplaints(r Reading) []string {
	const most = 3
	var out []string
	for _, line := range e.NewComplaints(r) {
		if len(out) < most {
			out = append(out, "Its log says: "+line)
		}
	}
	return out
}

func answerAt(answers []Answer, want Answer) (Answer, bool) {
	i := slices.IndexFunc(answers, func(a Answer) bool { return a.Port == want.Port && a.Protocol == want.Protocol })
	if i < 0 {
		return Answer{}, false
	}
	return answers[i], true
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
