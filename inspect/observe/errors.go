package observe

// RefusedError says that a container could not be observed, and why. It is
// never an Observation without entries: what was not watched is not known.
type RefusedError struct {
	// Reason is a sentence without a final dot, Next the next step.
	Reason, Next string
	Err          error
}

// Error says what happened.
func (e *RefusedError) Error() string { return "observing is not possible: " + e.Reason }

// Hint says the next step.
func (e *RefusedError) Hint() string { return e.Next }

// Unwrap returns what was behind it, nil where it came from a helper.
func (e *RefusedError) Unwrap() error { return e.Err }

// NeedsNoPrivilege is the next step where containers can have no privilege over
// the kernel.
const NeedsNoPrivilege = "Have copies traced with ptrace, which needs no privilege."
