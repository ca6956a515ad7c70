package clone

import (
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// FaultError says what in the engine's surroundings stood in the way.
type FaultError struct {
	What, Next string
	Err        error
}

// Error says what happened, with the engine's own words.
func (e *FaultError) Error() string {
	return e.What + " The engine says: " + (&startError{e.Err}).Error()
}

// Hint is the next step.
func (e *FaultError) Hint() string { return e.Next }

// Unwrap returns the cause.
func (e *FaultError) Unwrap() error { return e.Err }

// explain turns the engine's errors that a person can do something about into
// a *FaultError, and returns the others as they are.
func explain(err error) error {
	var known *FaultError
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, syscall.ENOSPC) || containsAny(err.Error(), "no space left on device", "disk quota exceeded"):
		return &FaultError{"There is no space left for the copies.",
			"`docker system df` shows what takes up the engine's space. Free some, then start again.", err}
	case errdefs.IsNotFound(err) && containsAny(err.Error(), "No such image", "no such image"):
		return &FaultError{"The image was removed in the meantime.", "Pull or build it again, recreate the container, then start again.", err}
	case containsAny(err.Error(), "could not find an available, non-overlapping IPv4 address pool", "all predefined address pools have been fully subnetted"):
		return &FaultError{"The engine has no addresses left for another network.",
			"Remove networks that are not used, or give the engine more with default-address-pools in daemon.json.", err}
	}
	return err
}

// Unreached turns errors of which one says that the engine no longer answers
// into that one: all others follow from it. It returns what has no such error
// in it as it is.
func Unreached(err error) error {
	var network *net.OpError // of the engine's connection: nothing else is called
	if err != nil && (client.IsErrConnectionFailed(err) || errors.As(err, &network)) {
		return &unreachedError{err}
	}
	return err
}

// unreachedError says that the engine went away in the middle.
type unreachedError struct{ err error }

func (e *unreachedError) Error() string {
	return "The engine no longer answers. What the trials made is still on it."
}

func (e *unreachedError) Hint() string {
	return "When the engine is back, `bulkhead clean` removes what is left, and `bulkhead trial --resume` carries the search on."
}

func (e *unreachedError) Unwrap() error { return e.err }

// hint is the error's own next step, else the one given.
func hint(err error, otherwise string) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		return hinted.Hint()
	}
	return otherwise
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(s, part) })
}
