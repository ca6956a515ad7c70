package agent

import (
	"fmt"
	"runtime"

	"bulkhead/inspect"
)

// HelperError says that no program was found that can run in the engine.
type HelperError struct {
	// OS and Arch are the engine's, in Go's words.
	OS, Arch string
	// Looked is the path of the helper that was looked for, empty where none
	// could help.
	Looked string
	// Err says what is wrong with the helper; nil where there is none.
	Err error
}

// Error says what happened.
func (e *HelperError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("the helper %q cannot run in this engine (%s/%s): %v",
			inspect.Printable(e.Looked), e.platform(), e.Arch, e.Err)
	}
	return fmt.Sprintf("this program is made for %s/%s and cannot run in this engine (%s/%s)",
		runtime.GOOS, runtime.GOARCH, e.platform(), e.Arch)
}

// Unwrap returns what is wrong with the helper.
func (e *HelperError) Unwrap() error { return e.Err }

// Hint says the next step.
func (e *HelperError) Hint() string {
	if e.OS != "linux" {
		return "bulkhead needs an engine that runs Linux containers."
	}
	return fmt.Sprintf("Build a helper in bulkhead's source directory with `GOOS=linux GOARCH=%s CGO_ENABLED=0 go build -o %s .`, "+
		"then set %s to its path or put it beside this program.", e.Arch, e.name(), HelperVariable)
}

func (e *HelperError) platform() string { return inspect.Printable(e.OS) }

// name is the helper's file name.
func (e *HelperError) name() string { return "bulkhead-linux-" + e.Arch }
