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

// rate gives the finding the severity that follows from the two axes, and says
// the axes in words. Every finding is rated here or by inform.
func rate(g gain, d door, f inspect.Finding) inspect.Finding {
	f.Severity, f.Reason = severity(g, d), g.String()+"; "+d.String()
	return f
}

// inform marks a finding that is worth knowing and is no door.
func inform(f inspect.Finding) inspect.Finding {
	f.Severity, f.Reason = inspect.Info, "gains nothing by itself"
	return f
}

func (g gain) String() string {
	switch g {
	case theHost:
		return "gains the host"
	case others:
		return "gains data, traffic or service of others"
	}
	return "gains staying power or privilege inside the container"
}

func (d door) String() string {
	if d == direct {
		return "a documented command suffices"
	}
	return "another flaw or circumstance must help"
}
