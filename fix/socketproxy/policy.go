package socketproxy

import (
	"fmt"
	"slices"
	"strings"
)

// Policy says what is passed on to the engine while a copy is watched. The zero
// Policy passes on what only reads.
type Policy struct {
	// LetThrough are further calls that a person confirmed by name, as
	// Endpoint.String writes them.
	LetThrough []string `json:"letThrough,omitempty"`
}

// Passes says whether a call is passed on. Whatever the policy says, no call is
// that amounts to root, that takes the connection over, or that is not known.
func (p Policy) Passes(e Endpoint) bool {
	switch {
	case e.Nature == Reads:
		return true
	case cannotPass(e) != "":
		return false
	}
	return slices.Contains(p.LetThrough, e.String())
}

// cannotPass says why no policy passes the call on, "" where one may.
func cannotPass(e Endpoint) string {
	switch {
	case e.Nature == Unknown:
		return "No known engine has it."
	case e.Grade == Root:
		return "It amounts to root on the host. " + e.Why
	case e.Nature == Hijacks:
		return "It takes the connection over, so that what is said on it could not be looked at. " + e.Why
	}
	return ""
}

// PolicyError says why a call cannot be let through.
type PolicyError struct{ Call, Reason string }

// Error names the call and the reason.
func (e *PolicyError) Error() string {
	return fmt.Sprintf("%s cannot be let through to the engine: %s", e.Call, e.Reason)
}

// Hint is the next step.
func (e *PolicyError) Hint() string {
	return `Calls are written like "POST /containers/{id}/restart". Without it the call is refused and recorded.`
}

// NewPolicy is a policy that lets the calls through. The error is a
// *PolicyError.
func NewPolicy(calls []string) (Policy, error) {
	var p Policy
	for _, text := range calls {
		e, ok := Named(text)
		if !ok {
			return Policy{}, &PolicyError{Call: fmt.Sprintf("%q", text), Reason: cannotPass(Endpoint{})}
		}
		if reason := cannotPass(e); reason != "" {
			return Policy{}, &PolicyError{Call: e.String(), Reason: reason}
		}
		if !slices.Contains(p.LetThrough, e.String()) {
			p.LetThrough = append(p.LetThrough, e.String())
		}
	}
	return p, nil
}

// Refusal is what a client is told whose call was not passed on, as the engine
// words its errors.
func Refusal(e Endpoint) string {
	text := fmt.Sprintf("bulkhead refused and recorded %s: while a copy is watched, only calls that read reach the engine.", e)
	if e.Nature == Discloses {
		text = fmt.Sprintf("bulkhead refused and recorded %s. %s", e, e.Why)
	}
	return strings.TrimSpace(text)
}
