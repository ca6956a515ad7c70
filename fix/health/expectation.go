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
	ReadyAfter  time.Duration
	Healthcheck bool
	// Answers are the ports that answered alike in every baseline.
	Answers []Answer
	// Required ran in every sample of every baseline, Allowed in any.
	Required, Allowed []Identity
	// Code is the exit code after stop, where CodeStable.
	Code       int
	CodeStable bool
	StopAfter  time.Duration
	Killed     bool
	// Restart says that every baseline came back after a restart.
	Restart bool
	// Complaints were in the log of some baseline already.
	Complaints []Complaint
	// Noise says, a sentence each, what differed between the baselines.
	Noise []string
}

// Expect learns from baseline readings, at least one.
func Expect(baselines ...Reading) Expectation {
	first := baselines[0]
	e := Expectation{
		Answers: slices.Clone(first.Answers), Required: slices.Clone(first.Identities),
		Code: first.Code, CodeStable: true, Restart: true,
	}
	for _, b := range baselines {
		e.ReadyAfter = max(e.ReadyAfter, b.ReadyAfter)
		e.StopAfter = max(e.StopAfter, b.StopAfter)
		e.Healthcheck = e.Healthcheck || b.Healthcheck != ""
		e.Killed = e.Killed || b.Killed
		e.Restart = e.Restart && b.Restart.Ready
		e.Complaints = Merge(slices.Clone(e.Complaints), b.Complaints)
		e.Allowed = union(e.Allowed, b.Seen)
		e.Required = slices.DeleteFunc(e.Required, func(i Identity) bool { return !slices.Contains(b.Identities, i) })
		e.Answers = slices.DeleteFunc(e.Answers, func(a Answer) bool {
			if slices.Contains(b.Answers, a) {
				return false
			}
			e.Noise = append(e.Noise, fmt.Sprintf("%s did not answer alike in every baseline, so it is not compared.", a.Where()))
			return true
		})
		if b.Code != e.Code {
			e.CodeStable = false
		}
	}
	if !e.CodeStable {
		e.Noise = append(e.Noise, "The exit code after stop differed between baselines, so it is not compared.")
	}
	return e
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
// broken: the baseline's own time with room for a busy machine.
func (e Expectation) Patience() time.Duration {
	return min(4*time.Second+3*e.ReadyAfter, 3*time.Minute)
}

// Missing says what the reading does not yet show of a ready service, a
// sentence each; nothing is missing when the service is ready.
func (e Expectation) Missing(r Reading) []string {
	var missing []string
	if e.Healthcheck && r.Healthcheck != "healthy" {
		missing = append(missing, fmt.Sprintf("The healthcheck says %s.", or(r.Healthcheck, "nothing")))
	}
	for _, want := range e.Answers {
		if got, ok := answerAt(r.Answers, want); !ok {
			missing = append(missing, fmt.Sprintf("Nothing listens on %s.", want.Where()))
		} else if got != want {
			missing = append(missing, fmt.Sprintf("%s; in the baseline %s.", got, strings.TrimPrefix(want.String(), want.Where()+" ")))
		}
	}
	for _, want := range e.Required {
		if !slices.Contains(r.Identities, want) {
			missing = append(missing, fmt.Sprintf("No process %s as in the baseline.", want))
		}
	}
	return append(missing, e.strangers(r)...)
}

// strangers are commands that the baseline knows and that now run as somebody
// else: a service that could not drop its privileges goes on as root.
func (e Expectation) strangers(r Reading) []string {
	var out []string
	for _, got := range r.Identities {
		if slices.Contains(e.Allowed, got) {
			continue
		}
		i := slices.IndexFunc(e.Allowed, func(a Identity) bool { return a.Command == got.Command })
		if i < 0 {
			continue
		}
		text := fmt.Sprintf("%s runs as %s:%s; in the baseline as %s:%s.", got.Command, got.UID, got.GID, e.Allowed[i].UID, e.Allowed[i].GID)
		if got.UID == "0" {
			text += " This is a privilege inversion: with fewer capabilities the process ended up more powerful."
		}
		out = append(out, text)
	}
	return out
}

// Compare says what of the whole reading differs from the baseline, a sentence
// each; no difference means that the trial passed.
func (e Expectation) Compare(r Reading) []string {
	switch {
	case r.StartError != "":
		return []string{fmt.Sprintf("The container did not start: %s", r.StartError)}
	case r.Exited:
		return append([]string{fmt.Sprintf("The service ended by itself with exit code %d.", r.Code)}, e.newComplaints(r)...)
	case !r.Ready:
		return append(e.Missing(r), e.newComplaints(r)...)
	}
	diffs := e.Missing(r)
	if r.Exercise != "" {
		diffs = append(diffs, r.Exercise)
	}
	if e.Restart && !r.Restart.Ready && r.Restart.Tried {
		diffs = append(diffs, "After a restart on the volumes it had filled: "+strings.Join(r.Restart.Missing, " "))
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
	for _, c := range r.Complaints {
		if !holds(e.Complaints, c) && len(out) < most {
			out = append(out, fmt.Sprintf("Its log says: %s", c.Line))
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
