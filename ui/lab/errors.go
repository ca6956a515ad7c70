package lab

import (
	"fmt"
	"strings"
)

// UnsupportedError says that the Compose file asks for something that the lab
// cannot start by itself.
type UnsupportedError struct {
	Dir      string
	Where    string
	Settings []string
}

// Error names the settings.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s asks for %s, which bulkhead cannot start without Compose", e.Where, strings.Join(e.Settings, ", "))
}

// Hint says the next step.
func (e *UnsupportedError) Hint() string {
	return fmt.Sprintf("Take it out of the file, or start the project yourself with `docker compose up -d` in %s.", e.Dir)
}

// TakenError says that a project of the lab's name runs from another directory.
type TakenError struct{ Project, Dir, Other string }

// Error names both.
func (e *TakenError) Error() string {
	return fmt.Sprintf("the project name %s is in use: its containers belong to %s", e.Project, e.Other)
}

// Hint says the next step.
func (e *TakenError) Hint() string {
	return fmt.Sprintf("Remove those with `docker compose down` in %s, or put a `name:` line at the top of the file in %s.", e.Other, e.Dir)
}

// NotLabError says that the directory is not the lab's.
type NotLabError struct{ Dir, File string }

// Error names what is there.
func (e *NotLabError) Error() string {
	return fmt.Sprintf("%s is not a lab: %s is not bulkhead's", e.Dir, e.File)
}

// Hint says the next step.
func (e *NotLabError) Hint() string { return "Choose an empty directory for the lab, or none." }

// PortError says that a port on the host is in use.
type PortError struct {
	Service string
	// Port is the one on the host.
	Port string
	// File and Line say where it is asked for; Line is 0 where that is not
	// known.
	File string
	Line int
	Err  error
}

// Error names the port and the service.
func (e *PortError) Error() string {
	return fmt.Sprintf("port %s, which %s wants to publish, is in use on the engine's host", e.Port, e.Service)
}

// Unwrap returns the engine's own words.
func (e *PortError) Unwrap() error { return e.Err }

// Hint names the line to change.
func (e *PortError) Hint() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("line %d of %s", e.Line, e.File)
	}
	return fmt.Sprintf("Write another port instead of %s in %s, or stop what uses it.", e.Port, where)
}

// ServiceError says that a service did not come up. Nothing is taken back then:
// a service that breaks under tighter settings is part of the practice.
type ServiceError struct {
	Service string
	// State says what became of it: "exited with code 1".
	State string
	// Log is the end of its log, printable and without secrets.
	Log []string
}

// Error says what became of the service, with its last words.
func (e *ServiceError) Error() string {
	text := fmt.Sprintf("%s does not come up: it %s", e.Service, e.State)
	if len(e.Log) > 0 {
		text += "; its log ends: " + strings.Join(e.Log, " / ")
	}
	return text
}

// Hint says the next step.
func (e *ServiceError) Hint() string {
	return "Look at what its Compose file takes from it. `bulkhead lab down` and `bulkhead lab` start afresh."
}
