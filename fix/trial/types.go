// Package trial finds out how far a workload's dials can be closed before it
// breaks. It is pure logic behind the small Runner interface: it decides which
// copy to run next and what the answers mean, and records every decision. It
// never talks to an engine.
package trial

import (
	"context"
	"time"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// Step is one run of the clone that the search asks for.
type Step struct {
	// N counts from 1 in the order the steps were started.
	N int
	// Purpose says in a few words why the step is run.
	Purpose string
	// Baseline marks a run under today's settings.
	Baseline bool
	// Plan is what the clone is run under; empty for a baseline.
	Plan fix.Plan
}

// Runner runs one clone through its life and says what the probes saw. Each
// call is one fresh clone, removed when Run returns. log gets the clone's lines
// as they come, already redacted and printable. expect is what the baseline
// showed, nil while the baseline itself is run: the run is over as soon as it
// can no longer match. A service that breaks is a Reading, not an error; an
// error means that nothing was learned.
type Runner interface {
	Run(ctx context.Context, step Step, expect *health.Expectation, log func(line string)) (health.Reading, error)
}

// Verdict is what the probes said of a trial.
type Verdict string

// The verdicts. Works is a baseline's.
const (
	Works  Verdict = "works"
	Passed Verdict = "passed"
	Failed Verdict = "failed"
)

// Trial is the record of one step.
type Trial struct {
	N       int      `json:"n"`
	Purpose string   `json:"purpose"`
	Drop    []string `json:"drop"`
	Add     []string `json:"add"`
	Plan    fix.Plan `json:"plan"`
	Verdict Verdict  `json:"verdict"`
	Seconds float64  `json:"seconds"`
	// Evidence says, a sentence each, what differed from the baseline.
	Evidence []string `json:"evidence"`
	// Log is the end of the clone's log, redacted.
	Log []string `json:"log,omitempty"`
}

// Grid is what is known of each capability the workload is granted today. The
// sets do not overlap; what is in none of them has not been looked at yet.
type Grid struct {
	Granted  inspect.CapSet `json:"granted"`
	Testing  inspect.CapSet `json:"testing"`
	Needed   inspect.CapSet `json:"needed"`
	Unneeded inspect.CapSet `json:"unneeded"`
}

// EventKind tells the events of a search apart.
type EventKind int

// The events, in the order they occur for one step.
const (
	// StepStarted carries Step and Grid.
	StepStarted EventKind = iota
	// LogLine carries Step and Line.
	LogLine
	// StepFinished carries Step, Trial and Grid.
	StepFinished
	// Note carries Line: something the person should know about the search.
	Note
)

// Event is sent while a search runs. Several steps may be under way at once.
type Event struct {
	Kind  EventKind
	Step  Step
	Line  string
	Trial Trial
	Grid  Grid
}

// Result is what a search found, in the shape that other programs rely on.
type Result struct {
	SchemaVersion int    `json:"schemaVersion"`
	Workload      string `json:"workload"`
	// Image, ImageID, Engine and Kernel say what the result is true of.
	Image   string    `json:"image"`
	ImageID string    `json:"imageID"`
	Engine  string    `json:"engine"`
	Kernel  string    `json:"kernel"`
	Started time.Time `json:"started"`

	Baseline Baseline `json:"baseline"`
	Trials   []Trial  `json:"trials"`
	// Proved says that Plan was confirmed by a trial of its own.
	Proved bool     `json:"proved"`
	Plan   fix.Plan `json:"plan"`
	// Granted is what the workload holds today.
	Granted  inspect.CapSet `json:"granted"`
	Evidence []fix.Evidence `json:"evidence"`
	// Notes are what the clone does not share with the original.
	Notes   []string `json:"notes,omitempty"`
	Seconds float64  `json:"seconds"`
}

// Baseline is the copy under today's settings, as seen in all its runs.
type Baseline struct {
	Runs         int               `json:"runs"`
	ReadySeconds float64           `json:"readySeconds"`
	Healthcheck  bool              `json:"healthcheck"`
	Answers      []health.Answer   `json:"answers"`
	Identities   []health.Identity `json:"identities"`
	ExitCode     int               `json:"exitCode"`
	Restarted    bool              `json:"restarted"`
	// Written are the paths of the root filesystem that the runs wrote.
	Written []string `json:"written,omitempty"`
}
