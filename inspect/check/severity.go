package check

import "bulkhead/inspect"

// Severity follows one rule with two axes, so that severities of different
// checks compare: what is gained through the door, and what its use takes once
// an attacker runs code inside the container.
//
//	                      direct     withStep
//	the host              critical   high
//	others                high       medium
//	more of itself        medium     low
//
// "The host" is control of the machine. "Others" is data, traffic or service of
// the host's users or of other containers. "More of itself" is staying power or
// privilege inside the container. A door is direct where a documented command
// suffices, withStep where another flaw or circumstance must help.
type (
	gain int
	door int
)

const (
	itself gain = iota
	others
	theHost
)

const (
	withStep door = iota
	direct
)

func severity(g gain, d door) inspect.Severity {
	return inspect.Low + inspect.Severity(g) + inspect.Severity(d)
}
