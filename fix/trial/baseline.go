package trial

import (
	"context"
	"fmt"
	"slices"

	"bulkhead/fix/health"
)

// baseline runs the copy twice under today's settings and learns from both
// what to expect of a trial, and what is noise.
func (s *search) baseline(ctx context.Context) error {
	steps := []Step{
		{Purpose: "baseline: today's settings", Baseline: true},
		{Purpose: "baseline again, to know what flickers", Baseline: true},
	}
	readings, err := s.try(ctx, steps)
	if err != nil {
		return err
	}
	for _, r := range readings {
		if missing := unwell(r); len(missing) > 0 {
			return &BaselineError{Workload: s.subject.Workload.Name, Missing: missing, Log: tail(r.Log, 12), Notes: s.subject.Notes}
		}
	}
	s.expect = health.Expect(readings...)
	s.written = readings[0].Written
	for _, r := range readings[1:] {
		s.written = merge(s.written, r.Written)
	}
	s.result.Baseline = Baseline{
		Runs: len(readings), ReadySeconds: seconds(s.expect.ReadyAfter), Healthcheck: s.expect.Healthcheck,
		Answers: s.expect.Answers, Identities: s.expect.Required, ExitCode: s.expect.Code,
		Restarted: s.expect.Restart, Written: s.written.Paths,
	}
	for _, noise := range s.expect.Noise {
		s.note(noise)
	}
	if !s.expect.Healthcheck && len(s.expect.Answers) == 0 {
		s.note("It has no healthcheck and listens on no port: a trial passes when it stays up, runs as the same users and stops the same way. An --exercise would say more.")
	}
	if !s.expect.Restart {
		s.note("It does not come back after a restart in isolation, so restarts are not compared.")
	}
	return nil
}

// unwell says why a baseline does not count as working.
func unwell(r health.Reading) []string {
	switch {
	case r.StartError != "":
		return []string{"The container did not start: " + r.StartError}
	case r.Exited && r.Code == 0:
		return []string{"It ended by itself with exit code 0: it seems to be a job, not a service."}
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

// merge joins what two runs wrote: what only one of them wrote counts too.
func merge(a, b health.Written) health.Written {
	out := health.Written{Paths: slices.Clone(a.Paths), Places: slices.Clone(a.Places), Obstacles: slices.Clone(a.Obstacles)}
	for _, p := range b.Paths {
		if !slices.Contains(out.Paths, p) {
			out.Paths = append(out.Paths, p)
		}
	}
	for _, p := range b.Places {
		if !slices.ContainsFunc(out.Places, func(o health.Place) bool { return o.Path == p.Path }) {
			out.Places = append(out.Places, p)
		}
	}
	for _, o := range b.Obstacles {
		if !slices.Contains(out.Obstacles, o) {
			out.Obstacles = append(out.Obstacles, o)
		}
	}
	return out
}
