package health

import (
	"fmt"
	"time"

	"bulkhead/inspect"
)

// Reading is everything the probes saw of one run of a clone, from its start
// to its stop.
type Reading struct {
	// Ready says that the service became ready; ReadyAfter how long it took
	// from the start of the container.
	Ready      bool
	ReadyAfter time.Duration
	// AnsweredIn is the longest that a baseline which was ready took to answer on
	// all its ports, 0 where that was not measured.
	AnsweredIn time.Duration `json:",omitzero"`
	// Healthcheck is the state the engine reports ("healthy", "unhealthy",
	// "starting"), "" where none is defined.
	Healthcheck string
	// Cut says that the run was ended before it was ready, because its log
	// complained as no baseline's did, and nothing could make up for that.
	Cut bool
	// Exited says that the service ended before it was asked to, with Code;
	// EndedAfter how long that took from the start of the container.
	Exited     bool
	EndedAfter time.Duration
	// StartError is the engine's word where the container could not start.
	StartError string
	// Answers are how each listening port answered, sorted by port.
	Answers []Answer
	// Identities are who the processes ran as in every sample that was taken
	// while the service was ready; Seen in any of them. Sorted, without doubles.
	Identities []Identity
	Seen       []Identity
	// Exercise is "" where every exercise passed or none was given, else what
	// failed.
	Exercise string
	// Reload says what was not as before after the service was told to reload;
	// empty where all was, or where it was not told to.
	Reload []string
	// Reloaded is what became of its processes then.
	Reloaded Reloaded `json:",omitzero"`
	// Restart says whether the service became ready again after a restart on
	// the volumes it had filled.
	Restart Restart
	// Code is the exit code, after stop or of its own; StopAfter how long the
	// stop took; Killed that the grace period ran out.
	Code      int
	StopAfter time.Duration
	Killed    bool
	// Written is what a baseline run changed in the root filesystem, Peak the most
	// it used, FileCapabilities what the files it executed carry.
	Written          Written
	Peak             Peak
	FileCapabilities inspect.CapSet
	// Complaints are the log lines that speak of a refused permission.
	Complaints []Complaint
	// Watched is what an observer saw of the run, nil where none watched.
	Watched *Watched `json:",omitempty"`
	// Log is the end of the log, redacted and printable.
	Log []string
}

// Restart is what a second start on filled volumes showed. It is not tried
// where the first start already failed.
type Restart struct {
	Tried bool
	Ready bool
	// Missing says what was not as before.
	Missing []string
	// Exercise is "" where the exercises passed again, else what failed.
	Exercise string
}

// Written is what a run changed in the root filesystem.
type Written struct {
	// Paths are what was added, changed or deleted, without the directories
	// that changed only because of what is in them.
	Paths []string
	// Places are the directories where a tmpfs would take all the writes.
	Places []Place
	// Obstacles say, a sentence each, why a tmpfs cannot take some of them.
	Obstacles []string
}

// Place is a directory the service writes into, with the owner and mode that
// it has before the service starts.
type Place struct {
	Path     string
	UID, GID int
	Mode     uint32
	// Changes says that the service changes or deletes files that the image has
	// there.
	Changes bool
	// Hides are files that the image has there and that a tmpfs would cover, a
	// few of them; Directories those that hold no file.
	Hides       []string
	Directories []Place
}

// Answer is how one listening port answered a harmless request.
type Answer struct {
	Protocol string `json:"protocol"`
	Port     uint16 `json:"port"`
	// Loopback says that it listens on a loopback address alone.
	Loopback bool       `json:"loopback,omitempty"`
	Kind     AnswerKind `json:"kind"`
	// Application is the protocol spoken on the port ("http", "tls", "redis"), ""
	// where it was not recognised.
	Application string `json:"application,omitempty"`
	// Line is what is stable of an answer that was recognised, printable and
	// short: "HTTP/1.1 200 OK, text/html", "+PONG".
	Line string `json:"line,omitempty"`
}

// AnswerKind is the shape of an answer.
type AnswerKind string

// The shapes: something came back, the connection was closed without a word,
// it stayed open and silent, it was refused, or (most of UDP) it is only known
// to listen.
const (
	Answered  AnswerKind = "answered"
	Hangup    AnswerKind = "closed"
	Silent    AnswerKind = "silent"
	Refused   AnswerKind = "refused"
	Listening AnswerKind = "listening"
)

// Where names the port as people write it: "80/tcp".
func (a Answer) Where() string { return fmt.Sprintf("%d/%s", a.Port, a.Protocol) }

// fulfils says that the answer is as expected, in what is expected of it.
func (a Answer) fulfils(want Answer) bool {
	return a.Kind == want.Kind && a.Loopback == want.Loopback &&
		(want.Application == "" || a.Application == want.Application) && (want.Line == "" || a.Line == want.Line)
}

// agreeing is the answer without what the other does not say as well.
func (a Answer) agreeing(o Answer) Answer {
	if a.Application != o.Application {
		a.Application, a.Line = "", ""
	}
	if a.Line != o.Line {
		a.Line = ""
	}
	return a
}

// String says the answer in words.
func (a Answer) String() string {
	switch {
	case a.Line != "":
		return fmt.Sprintf("%s answered %q", a.Where(), a.Line)
	case a.Kind == Hangup:
		return a.Where() + " closed the connection"
	case a.Kind == Silent:
		return a.Where() + " accepted and stayed silent"
	default:
		return fmt.Sprintf("%s %s", a.Where(), a.Kind)
	}
}
