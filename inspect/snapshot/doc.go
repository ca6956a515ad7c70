// Package snapshot keeps one look at an engine in a file, to be judged later or
// elsewhere. Its contract: a snapshot holds what inspect.Workload and
// inspect.Host hold, and so no value of an environment variable, a label or a
// health check; a file is written whole or not at all, readable by its owner
// alone; and what is read is bounded and taken for foreign text.
package snapshot

import (
	"time"

	"bulkhead/inspect"
)

// SchemaVersion is the version of the shape. It changes when a field changes
// its meaning or goes.
const SchemaVersion = 1

// Largest is how many bytes of a snapshot are read: 1,000 workloads need about 3 MB.
const Largest = 64 << 20

// Snapshot is one look at an engine.
type Snapshot struct {
	Taken     time.Time
	Host      inspect.Host
	Workloads []inspect.Workload
	// Problems are what could not be looked at, a sentence each.
	Problems []string
}
