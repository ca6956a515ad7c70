package clone

import (
	"bulkhead/fix"
	"bulkhead/inspect"
)

// heeded returns a *BlockedError where the engine would take a profile of the
// plan and not heed it, so that a trial would prove nothing: one without
// AppArmor starts a container with any profile (moby daemon/oci_linux.go,
// WithApparmor). A seccomp profile it refuses by itself.
func (s *Session) heeded(plan fix.Plan) error {
	for _, c := range plan.Of(inspect.DialAppArmor) {
		if !s.engine.Host.AppArmor {
			return &BlockedError{
				Name: s.called, Setting: "the AppArmor profile " + inspect.Printable(c.Profile.Name),
				Reason: "this engine's host has no AppArmor, and the engine would ignore it.",
				Next:   "Try it on an engine whose host has AppArmor and has loaded the profile; `bulkhead doctor` tells.",
			}
		}
	}
	return nil
}
