//go:build !linux

package bpf

import (
	"runtime"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/wire"
)

// Record refuses: only Linux has what it needs.
func Record(wire.Watch) (wire.Recorder, error) {
	return nil, &observe.RefusedError{
		Reason: runtime.GOOS + " has no eBPF of Linux", Next: "Observing runs inside the engine; this program is only asked there.",
	}
}
