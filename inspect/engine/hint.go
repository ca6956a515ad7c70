package engine

import (
	"fmt"
	"runtime"
)

// addressHint says what chose the address and how to choose another.
func addressHint(at address) string {
	return fmt.Sprintf("The address came from %s; choose another with --host or --context.", at.source())
}

// source names what chose the address.
func (a address) source() string {
	if a.Context != "" && a.Context != defaultContext {
		return fmt.Sprintf("the docker context %q (%s)", a.Context, a.From)
	}
	return a.From
}

// startHint says how to start an engine that is not there.
func startHint(at address) string {
	if at.scheme() != "unix" && at.scheme() != "npipe" {
		return "Start the engine there, or let its firewall through. " + addressHint(at)
	}
	start := "Start it (`sudo systemctl start docker`)"
	if runtime.GOOS != "linux" {
		start = "Start Docker Desktop, or whichever engine you use"
	}
	return start + ", or choose another with --host or --context. `docker context ls` lists what you have."
}
