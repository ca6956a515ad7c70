package workbench

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
)

// NotStartedError says that a service has no container to copy or to read from.
type NotStartedError struct{ Workload inspect.Workload }

// Error says what is missing.
func (e *NotStartedError) Error() string {
	return fmt.Sprintf("%s has no container yet, so there is nothing to go by.", inspect.Printable(e.Workload.Name))
}

// Hint is the next step.
func (e *NotStartedError) Hint() string {
	return fmt.Sprintf("Create it with `docker compose up -d %s`, or only create it with `docker compose create %[1]s`.", inspect.Printable(e.Workload.Service))
}

// NoResultError says that the journal holds nothing proved for a workload.
type NoResultError struct{ Workload string }

// Error says what is missing.
func (e *NoResultError) Error() string {
	return fmt.Sprintf("The journal holds no proved plan for %s.", inspect.Printable(e.Workload))
}

// Hint is the next step.
func (e *NoResultError) Hint() string {
	return fmt.Sprintf("Run `bulkhead trial %s` first.", inspect.Printable(e.Workload))
}

// NothingToResumeError says that the journal holds no interrupted search.
type NothingToResumeError struct{ Workload string }

// Error says so.
func (e *NothingToResumeError) Error() string {
	return fmt.Sprintf("The journal holds no interrupted search on %s.", inspect.Printable(e.Workload))
}

// Hint is the next step.
func (e *NothingToResumeError) Hint() string { return "Leave --resume away to begin a new one." }

// StaleError says that what an interrupted search found is no longer true of
// the workload.
type StaleError struct {
	Workload string
	Why      []string
}

// Error says what has changed.
func (e *StaleError) Error() string {
	return fmt.Sprintf("The interrupted search on %s cannot be carried on. %s", inspect.Printable(e.Workload), strings.Join(e.Why, " "))
}

// Hint is the next step.
func (e *StaleError) Hint() string { return "Leave --resume away to begin a new one." }

// MissingFileError says that a service's Compose file is not on this machine.
type MissingFileError struct{ Workload, Path string }

// Error names the file.
func (e *MissingFileError) Error() string {
	return fmt.Sprintf("%s was started from %s, which is not on this machine.", inspect.Printable(e.Workload), inspect.Printable(e.Path))
}

// Hint is the next step.
func (e *MissingFileError) Hint() string {
	return "Name the Compose file as it is now with -f FILE."
}

// NotComposeError says that a container belongs to no Compose file.
type NotComposeError struct{ Workload string }

// Error says so.
func (e *NotComposeError) Error() string {
	return fmt.Sprintf("%s was not started by Compose, so there is no Compose file to change.", inspect.Printable(e.Workload))
}

// Hint is the next step.
func (e *NotComposeError) Hint() string {
	return fmt.Sprintf("`bulkhead write %s --to run` prints the hardened docker run command.", inspect.Printable(e.Workload))
}

// NotDefinedError says that a service does not stand in its project's own files.
type NotDefinedError struct {
	Service string
	Files   []string
}

// Error names the service and the files.
func (e *NotDefinedError) Error() string {
	return fmt.Sprintf("The service %s does not stand in %s.", inspect.Printable(e.Service), inspect.Printable(strings.Join(e.Files, ", ")))
}

// Hint is the next step.
func (e *NotDefinedError) Hint() string {
	return "If another file includes it, name that file with -f FILE, or let an override file say it: --to override."
}

// SnapshotError says that something cannot be done on a snapshot.
type SnapshotError struct{}

// Error says so.
func (e *SnapshotError) Error() string {
	return "This is a snapshot: what it shows can be looked at, not tried or changed."
}

// Hint is the next step.
func (e *SnapshotError) Hint() string {
	return "Leave --from away, and run bulkhead on the engine itself."
}
