// Package health says whether a service still works, by what it does from
// outside: its healthcheck, what it listens on and how that answers, which
// processes run as whom, what its log complains of, and how it stops. Compare
// holds one Reading against what the baseline showed. Nothing here starts or
// stops a container.
package health

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Reading is everything the probes saw of one run of a clone, from its start
// to its stop.
type Reading struct {
	// Ready says that the service became ready; ReadyAfter how long it took
	// from the start of the container.
	Ready      bool
	ReadyAfter time.Duration
	// Healthcheck is the state the engine reports ("healthy", "unhealthy",
	// "starting"), "" where none is defined.
	Healthcheck string
	// Exited says that the service ended before it was asked to, with Code.
	Exited bool
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
	// Restart says whether the service became ready again after a restart on
	// the volumes it had filled.
	Restart Restart
	// Code is the exit code, after stop or of its own; StopAfter how long the
	// stop took; Killed that the grace period ran out.
	Code      int
	StopAfter time.Duration
	Killed    bool
	// Written is what a baseline run changed in the root filesystem.
	Written Written
	// Complaints are the log lines that speak of a refused permission.
	Complaints []Complaint
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
	// Hides are files that the image has there and that a tmpfs would cover, a
	// few of them.
	Hides []string
}

// Answer is how one listening port answered a harmless request.
type Answer struct {
	Protocol string `json:"protocol"`
	Port     uint16 `json:"port"`
	// Loopback says that it listens on a loopback address alone.
	Loopback bool       `json:"loopback,omitempty"`
	Kind     AnswerKind `json:"kind"`
	// Line is the first line of what came back where its shape is stable
	// ("HTTP/1.1 200 OK"), else "".
	Line string `json:"line,omitempty"`
}

// AnswerKind is the shape of an answer.
type AnswerKind string

// The shapes: something came back, the connection was closed without a word,
// it stayed open and silent, it was refused, or (UDP) it is only known to listen.
const (
	Answered  AnswerKind = "answered"
	Hangup    AnswerKind = "closed"
	Silent    AnswerKind = "silent"
	Refused   AnswerKind = "refused"
	Listening AnswerKind = "listening"
)

// Where names the port as people write it: "80/tcp".
func (a Answer) Where() string { return fmt.Sprintf("%d/%s", a.Port, a.Protocol) }

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

// Identity is who a process runs as. UID and GID are names or numbers as the
// host of the engine sees them.
type Identity struct {
	Command string `json:"command"`
	UID     string `json:"uid"`
	GID     string `json:"gid"`
}

// Distinct sorts identities and drops doubles.
func Distinct(all []Identity) []Identity {
	slices.SortFunc(all, func(a, b Identity) int {
		return cmp.Or(cmp.Compare(a.Command, b.Command), cmp.Compare(a.UID, b.UID), cmp.Compare(a.GID, b.GID))
	})
	return slices.Compact(all)
}

// String is command (uid:gid).
func (i Identity) String() string { return fmt.Sprintf("%s (%s:%s)", i.Command, i.UID, i.GID) }
