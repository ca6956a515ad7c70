package trace

import (
	"golang.org/x/sys/unix"

	"bulkhead/inspect/observe"
)

// look adds what this very tracer cannot see.
func (t *tracer) look() {
	if !hasPtraceCapability() {
		t.unseen = append(t.unseen, observe.Gap{Aspect: observe.Elevation,
			Reason: "the engine gave the tracer no CAP_SYS_PTRACE, without which setuid programs and file capabilities have no effect on who is traced"})
	}
	if s, err := readStatus(t.root); err == nil && s.parent == 1 {
		t.unseen = append(t.unseen, observe.Gap{Aspect: observe.Others, Reason: "PID 1 is the engine's own init, and only its child was traced"})
	}
}

// hasPtraceCapability says whether this process has CAP_SYS_PTRACE in effect.
func hasPtraceCapability() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&header, &data[0]) == nil && data[0].Effective>>unix.CAP_SYS_PTRACE&1 == 1
}
