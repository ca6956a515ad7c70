//go:build !linux

package audit

import (
	"runtime"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/wire"
)

// Listen refuses: only Linux has what it needs.
func Listen() wire.Open {
	return func(wire.Watch) (wire.Recorder, error) {
		return nil, &observe.RefusedError{
			Reason: runtime.GOOS + " has no audit of Linux", Next: "Observing runs inside the engine; this program is only asked there.",
		}
	}
}

func kernelRelease() string { return "unknown" }
