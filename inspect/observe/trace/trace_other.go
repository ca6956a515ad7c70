//go:build !linux

package trace

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"bulkhead/inspect/observe"
)

// Enter refuses: only Linux has what it needs.
func Enter(_ []string, errOut io.Writer) int {
	fmt.Fprintf(errOut, "bulkhead: %s has no ptrace of Linux\n", runtime.GOOS)
	return 125
}

// Serve refuses: only Linux has what it needs.
func Serve(context.Context, io.Reader, io.Writer) error {
	return &observe.RefusedError{
		Reason: runtime.GOOS + " has no ptrace of Linux", Next: "Tracing runs inside the engine; this program is only asked there.",
	}
}

// Install refuses: only Linux has what it needs.
func Install(string) error { return Serve(context.Background(), nil, nil) }
