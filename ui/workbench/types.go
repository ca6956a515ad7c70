// Package workbench is what a person can do with bulkhead, once: the commands
// and the terminal UI are two skins over it. It joins reading, checking,
// trying and writing; it neither parses arguments nor draws.
package workbench

import (
	"io/fs"

	"bulkhead/fix/writes"
	"bulkhead/inspect"
)

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
	ToCompose    DraftKind = "compose"
	ToOverride   DraftKind = "override"
	ToRun        DraftKind = "run"
	ToScript     DraftKind = "script"
	ToNewCompose DraftKind = "new-compose"
	ToKube       DraftKind = "kube"
	ToDaemon     DraftKind = "daemon"
	// ToSocketProxy is printed: what goes into a Compose file is ToCompose or
	// ToOverride.
	ToSocketProxy DraftKind = "socketproxy"
)

// Draft is a plan as it would be written: shown first, written only when
// accepted.
type Draft struct {
	Kind     DraftKind
	Workload string
	// Path is the file that would change; empty for a run command.
	Path string
	// Before and After are the file's bytes, Before nil where it is not there;
	// Diff is their unified diff, and that of Beside, with secrets masked.
	Before, After []byte
	Diff          string
	// Beside are files that have to be written with it.
	Beside []writes.File
	// Next is the command that starts what was written, "" for a run command.
	Next string
	// Command is text that is printed and never written to a file: the hardened
	// docker run command, the script, the new Compose file, the manifest. What is
	// Beside it is written.
	Command string
	// Notes say what a person should know before accepting.
	Notes []string
	// Mode is for a file that is not there.
	Mode fs.FileMode
}

// Files are the paths of what would be written.
func (d Draft) Files() []string {
	var paths []string
	if d.Path != "" && string(d.Before) != string(d.After) {
		paths = append(paths, d.Path)
	}
	for _, f := range d.Beside {
		paths = append(paths, f.Path)
	}
	return paths
}

// Unchanged says that there is nothing to write.
func (d Draft) Unchanged() bool {
	return string(d.Before) == string(d.After) && len(d.Beside) == 0 && d.Command == ""
}
