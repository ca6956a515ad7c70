package composefile

import (
	"errors"
	"fmt"

	"bulkhead/inspect"
	"bulkhead/inspect/compose"

	"go.yaml.in/yaml/v4"
)

// RefusedError says why a file is not edited. Nothing was written.
type RefusedError struct {
	File string
	// Line counts from 1; 0 where no line is to blame.
	Line int
	// Reason is a clause, Next a sentence that says the next step.
	Reason string
	Next   string
	// Shared says that a Shared request would be made, and change other services,
	// too.
	Shared bool
	Err    error
}

// Error names the file, the line and the reason, without the hint.
func (e *RefusedError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s, line %d, is not edited: %s", e.File, e.Line, e.Reason)
	}
	return fmt.Sprintf("%s is not edited: %s", e.File, e.Reason)
}

// Hint is the next step.
func (e *RefusedError) Hint() string { return e.Next }

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }

const byHand = "Make this change by hand; the plan says what to write."

// refuse makes a refusal; the editor adds the file.
func refuse(line int, hint, format string, args ...any) *RefusedError {
	return &RefusedError{Line: line, Next: hint, Reason: inspect.Printable(fmt.Sprintf(format, args...))}
}

// refuseAt is refuse for a place in the file.
func refuseAt(n *yaml.Node, format string, args ...any) *RefusedError {
	return refuse(n.Line, byHand, format, args...)
}

// fromLoad turns a file that cannot be read into a refusal.
func fromLoad(err error) error {
	var cannot *compose.Error
	if errors.As(err, &cannot) {
		return &RefusedError{File: cannot.File, Line: cannot.Line, Reason: cannot.Problem, Next: cannot.Next, Err: err}
	}
	return err
}
