package tuitest

import (
	"fmt"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// script is one step of the played search.
type script struct {
	purpose  string
	plan     fix.Plan
	verdict  trial.Verdict
	seconds  float64
	evidence []string
	log      []string
}

var (
	surroundings = fix.NewPlan(
		inspect.Change{Dial: inspect.DialReadOnlyRoot},
		inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/var/cache/web", Options: "mode=755"}},
		inspect.Change{Dial: inspect.DialNoNewPrivileges},
	)
	webLog = []string{
		"web: preparing /var/cache/web for uid 101",
		"web: listening on :80",
		"web: worker 7 runs as 101:101",
	}
	deniedChown = []string{
		"web: preparing /var/cache/web for uid 101",
		"web: chown /var/cache/web: operation not permitted",
	}
	deniedGroup = []string{
		"web: preparing /var/cache/web for uid 101",
		"web: listening on :80",
		"web: worker: setgroups: operation not permitted",
	}
)

func keep(names ...string) fix.Plan {
	return surroundings.With(inspect.Change{Dial: inspect.DialCapabilities, Keep: inspect.ParseCaps(names)})
}

// Final is the plan that the played search proves.
func Final() fix.Plan { return keep("CHOWN", "SETGID", "SETUID") }

func scripts() []script {
	ended := func(log []string) []string {
		return []string{"The service ended by itself with exit code 1.", "Its log says: " + strings.TrimPrefix(log[len(log)-1], "web: ")}
	}
	silent := []string{"Nothing listens on 80/tcp.", "Its log says: worker: setgroups: operation not permitted"}
	return []script{
		{"baseline: today's settings", fix.Plan{}, trial.Works, 2.9, []string{"Ready after 0.4 s."}, webLog},
		{"baseline again, to know what flickers", fix.Plan{}, trial.Works, 2.8, []string{"Ready after 0.4 s."}, webLog},
		{"make the root filesystem read-only, mount a tmpfs on /var/cache/web, set no-new-privileges", surroundings, trial.Passed, 3.0, nil, webLog},
		{"drop all capabilities", keep(), trial.Failed, 1.2, ended(deniedChown), deniedChown},
		{"drop all but SETGID SETUID", keep("SETGID", "SETUID"), trial.Failed, 1.3, ended(deniedChown), deniedChown},
		{"drop all but CHOWN SETGID SETUID", keep("CHOWN", "SETGID", "SETUID"), trial.Passed, 3.1, nil, webLog},
		{"leave out CHOWN", keep("SETGID", "SETUID"), trial.Failed, 1.2, ended(deniedChown), deniedChown},
		{"leave out SETGID", keep("CHOWN", "SETUID"), trial.Failed, 5.2, silent, deniedGroup},
		{"leave out SETUID", keep("CHOWN", "SETGID"), trial.Failed, 5.3, []string{
			"web runs as 0:101; in the baseline as 101:101. This is a privilege inversion: with fewer capabilities the process ended up more powerful.",
		}, webLog},
		{"confirm the plan", Final(), trial.Passed, 3.0, nil, webLog},
		{"confirm it again", Final(), trial.Passed, 3.0, nil, webLog},
	}
}

// Events are those of a search on web, from the first note to the last step.
func Events() []trial.Event {
	grid := trial.Grid{Granted: inspect.DefaultCaps}
	events := []trial.Event{{Kind: trial.Note, Line: "The copy has a network of its own without a way out, and port 80 is not published."}}
	for i, s := range scripts() {
		step := trial.Step{N: i + 1, Purpose: s.purpose, Baseline: s.plan.Empty(), Plan: s.plan}
		left, speaks := s.plan.Capabilities()
		grid.Testing = 0
		if speaks {
			grid.Testing = grid.Granted.Without(left).Without(grid.Needed).Without(grid.Unneeded)
		}
		events = append(events, trial.Event{Kind: trial.StepStarted, Step: step, Grid: grid})
		for _, line := range s.log {
			events = append(events, trial.Event{Kind: trial.LogLine, Step: step, Line: line})
		}
		grid.Testing = 0
		if speaks && s.verdict == trial.Passed {
			grid.Unneeded = grid.Granted.Without(left)
		}
		if name, ok := strings.CutPrefix(s.purpose, "leave out "); ok && s.verdict == trial.Failed {
			grid.Needed |= inspect.ParseCaps([]string{name})
		}
		events = append(events, trial.Event{Kind: trial.StepFinished, Step: step, Grid: grid, Trial: record(step, s)})
	}
	return events
}

func record(step trial.Step, s script) trial.Trial {
	return trial.Trial{
		N: step.N, Purpose: s.purpose, Plan: s.plan, Verdict: s.verdict,
		Seconds: s.seconds, Evidence: s.evidence, Log: s.log,
	}
}

// EventsUntil are the events up to the start of step n, whose log has begun.
func EventsUntil(n int) []trial.Event {
	for i, e := range Events() {
		if e.Kind == trial.StepFinished && e.Step.N == n {
			return Events()[:i]
		}
	}
	panic(fmt.Sprintf("the played search has no step %d", n))
}

// Result is what the played search ends with.
func Result() trial.Result {
	r := trial.Result{
		SchemaVersion: 1, Workload: "bulkhead-lab/web", Image: "bulkhead-lab/web:1",
		Engine: "29.1.3", Kernel: "6.18.2", Proved: true, Plan: Final(), Granted: inspect.DefaultCaps, Seconds: 21.4,
		Notes: []string{"The copy has a network of its own without a way out, and port 80 is not published."},
		Evidence: []fix.Evidence{
			{Setting: string(inspect.DialReadOnlyRoot), Strength: fix.Proved, Text: "It works with it."},
			{Setting: "/var/cache/web", Strength: fix.Observed, Text: "It writes there; a tmpfs takes it, with the owner and mode that the image has."},
			{Setting: string(inspect.DialNoNewPrivileges), Strength: fix.Proved, Text: "It works with it."},
			{Setting: "CHOWN", Strength: fix.Proved, Text: "It breaks without it: The service ended by itself with exit code 1."},
			{Setting: "SETGID", Strength: fix.Proved, Text: "It breaks without it: Nothing listens on 80/tcp."},
			{Setting: "SETUID", Strength: fix.Proved, Text: "It breaks without it: web runs as 0:101; in the baseline as 101:101."},
			{Setting: "capabilities", Strength: fix.Proved, Text: "It works without " + inspect.DefaultCaps.Without(inspect.ParseCaps([]string{"CHOWN", "SETGID", "SETUID"})).String() + "."},
			{Setting: "restart", Strength: fix.Assumed, Text: "The volume of the original is filled; the copy's was empty at first."},
		},
	}
	for i, s := range scripts() {
		r.Trials = append(r.Trials, record(trial.Step{N: i + 1}, s))
	}
	return r
}
