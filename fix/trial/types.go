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
	N int `json:"n"`
	// Purpose says in a few words why the step is run, Because which evidence
	// led to it.
	Purpose string `json:"purpose"`
	Because string `json:"because,omitempty"`
	// Baseline marks a run under today's settings.
	Baseline bool `json:"baseline,omitempty"`
	// Plan is what the clone is run under; empty for a baseline.
	Plan fix.Plan `json:"plan"`
	// Confirm marks one of the runs at the end that prove the plan.
	Confirm bool `json:"confirm,omitempty"`
	// RootOwned marks a run on volumes that belong to root, as an empty
	// directory of the host does.
	RootOwned bool `json:"rootOwned,omitempty"`
	// Notch is how often the isolation had been loosened before. Trials of
	// earlier notches count no more.
	Notch int `json:"notch,omitempty"`
	// ByHand marks a run that a person asked for.
	ByHand bool `json:"byHand,omitempty"`
	// Watch asks for the run to be watched, where an observer can.
	Watch bool `json:"watch,omitempty"`
	// Foretold marks the trial of the plan that observation named before anything
	// was tried: that it passes is not why it was chosen.
	Foretold bool `json:"foretold,omitempty"`
	// Likely is how the step will end if the evidence does not mislead, "" where
	// nothing speaks for either end.
	Likely Verdict `json:"-"`
}

// Teaches says that what the run writes, executes and takes up is what plans are
// made from.
func (s Step) Teaches() bool { return s.Baseline && !s.RootOwned }

// same says that the answer to one step is an answer to the other.
func (s Step) same(o Step) bool {
	return s.Baseline == o.Baseline && s.proves() == o.proves() && s.RootOwned == o.RootOwned &&
		s.Notch == o.Notch && s.Plan.Equal(o.Plan)
}

// again says that two steps are the same and were wanted for the same reason.
func (s Step) again(o Step) bool { return s.same(o) && s.Foretold == o.Foretold }

// proves says that a step whose plan passes counts towards its proof.
func (s Step) proves() bool { return s.Confirm || s.Foretold }

// Runner runs copies for a search. What breaks is a Reading, not an error; an
// error means that nothing was learned.
type Runner interface {
	// Run runs one clone through its life and says what the probes saw. Each
	// call is one fresh clone, removed when Run returns. log gets the clone's
	// lines as they come, already redacted and printable. expect is what the
	// baseline showed, nil while the baseline itself is run: the run is over as
	// soon as it can no longer match.
	Run(ctx context.Context, step Step, expect *health.Expectation, log func(line string)) (health.Reading, error)
	// Survey says what a mount on the directory that holds the path would have to
	// be like and would hide, by the image; path is as a log wrote it.
	Survey(ctx context.Context, path string) (Survey, error)
	// Loosen makes the isolation of the next copies one notch looser, and says
	// how; "" where it can or may go no further.
	Loosen(ctx context.Context) (string, error)
}

// Survey is what the image has around a path.
type Survey struct {
	// Place is the directory to mount on; its Path is "" where none can be.
	Place health.Place `json:"place"`
	// Obstacle says, a sentence, why nothing can be mounted there.
	Obstacle string `json:"obstacle,omitempty"`
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
	Step
	Drop    []string `json:"drop"`
	Add     []string `json:"add"`
	Verdict Verdict  `json:"verdict"`
	// Unsure says that a failed trial was only late or slow, which a busy machine
	// can be the reason of.
	Unsure  bool    `json:"unsure,omitempty"`
	Seconds float64 `json:"seconds"`
	// Evidence says, a sentence each, what differed from the baseline.
	Evidence []string `json:"evidence"`
	// Killed says that the service did not stop when asked, as it had in the
	// baselines.
	Killed bool `json:"killed,omitempty"`
	// Complaints are the log lines about refused permissions that no baseline had.
	Complaints []string `json:"complaints,omitempty"`
	// Denied are the refusals that an observer saw and no watched baseline met.
	Denied []health.Denial `json:"denied,omitempty"`
	// Log is the end of the clone's log, redacted.
	Log []string `json:"log,omitempty"`
	// Reading is kept of a baseline: the trials are held against it.
	Reading *health.Reading `json:"reading,omitempty"`
	// Judged says that a person, not the probes, gave the verdict.
	Judged bool `json:"judged,omitempty"`
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

// The events, in the order they occur for one step: it ends as StepFinished or,
// where its answer was no longer of use, as StepDropped.
const (
	// StepStarted carries Step and Grid.
	StepStarted EventKind = iota
	// LogLine carries Step and Line.
	LogLine
	// StepFinished carries Step, Trial and Grid.
	StepFinished
	// StepDropped carries Step and Grid.
	StepDropped
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

// Facts are what a result is true of.
type Facts struct {
	Image   string `json:"image"`
	ImageID string `json:"imageID"`
	Engine  string `json:"engine"`
	Kernel  string `json:"kernel"`
	// Command is a digest of entrypoint and command, which may hold secrets;
	// Mounts are "type source target mode", sorted.
	Command string   `json:"command,omitempty"`
	User    string   `json:"user,omitempty"`
	Mounts  []string `json:"mounts,omitempty"`
}

// Result is what a search found, in the shape that other programs rely on.
type Result struct {
	SchemaVersion int    `json:"schemaVersion"`
	Workload      string `json:"workload"`
	Facts
	Started time.Time `json:"started"`
	// Finished says that the search came to its end; one that did not can be
	// carried on.
	Finished bool `json:"finished"`

	Baseline Baseline `json:"baseline"`
	Trials   []Trial  `json:"trials"`
	// Proved says that Plan was confirmed by trials of its own.
	Proved bool     `json:"proved"`
	Plan   fix.Plan `json:"plan"`
	// Granted is what the workload holds today.
	Granted  inspect.CapSet `json:"granted"`
	Evidence []fix.Evidence `json:"evidence"`
	// Notes are what the clone does not share with the original, and what else a
	// person should know.
	Notes []string `json:"notes,omitempty"`
	// Surveys are what was read of the image on the way, by path.
	Surveys map[string]Survey `json:"surveys,omitempty"`
	// Seconds is the wall time of the search, over all its sittings.
	Seconds float64 `json:"seconds"`
	// LeftOut is how many changes of what was found a person took out of Plan.
	LeftOut int `json:"-"`
}

// Only is the result with a part of its plan.
func (r Result) Only(part fix.Plan) Result {
	r.LeftOut += len(r.Plan.Changes) - len(part.Changes)
	r.Plan = part
	return r
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
