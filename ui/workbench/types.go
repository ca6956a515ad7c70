// Package workbench is what a person can do with bulkhead, once: the commands
// and the terminal UI are two skins over it. It joins reading, checking,
// trying and writing; it neither parses arguments nor draws.
package workbench

import "bulkhead/inspect"

// Audit is one look at an engine, or at Compose files alone.
type Audit struct {
	Host inspect.Host
	// Engine is the state of the engine's own layer; the zero value where no
	// engine was asked.
	Engine    inspect.LayerState
	Workloads []inspect.Audited
	// Problems are what could not be looked at, a sentence each with the next
	// step; they are never left out of what is shown.
	Problems []string
	// Further are the engines beside Host, where several were looked at.
	Further []EngineState
	// Missed joins the reasons why some of the engines that were meant could not
	// be looked at; they stand in Problems, too. A gate must not pass over it.
	Missed error
}

// EngineState is an engine and the state of its own layer.
type EngineState struct {
	Host   inspect.Host
	Engine inspect.LayerState
}

// DraftKind is where a plan is written to.
type DraftKind string

// The kinds of draft.
const (
	ToCompose DraftKind = "compose"
	ToRun     DraftKind = "run"
)

// Draft is a plan as it would be written: shown first, written only when
// accepted.
type Draft struct {
	Kind     DraftKind
	Workload string
	// Path is the file that would change; empty for a run command.
	Path string
	// Before and After are the file's bytes; Diff is their unified diff with
	// secrets masked. A draft whose Before equals After changes nothing.
	Before, After []byte
	Diff          string
	// Command is the hardened docker run command, for ToRun.
	Command string
	// Notes say what a person should know before accepting.
	Notes []string
}

// Unchanged says that there is nothing to write.
func (d Draft) Unchanged() bool { return string(d.Before) == string(d.After) && d.Command == "" }
