// Package doctor says what an engine, this machine's kernel and the programs on
// it offer to bulkhead: what is there, what is missing, what it is good for and
// how to get it. Its contract: it only reads files and asks programs for their
// version, with a bound on time and on what they say. What they print is
// foreign text and is made printable here.
package doctor

import (
	"context"
	"sync"
	"time"

	"bulkhead/inspect"
)

// State is whether something is there.
type State string

// The states.
const (
	Present State = "present"
	Missing State = "missing"
	Unknown State = "unknown"
)

// Item is one thing that bulkhead can make use of.
type Item struct {
	Group string `json:"group"`
	Name  string `json:"name"`
	State State  `json:"state"`
	// Detail is what was seen: a version, a path, or why it is not known.
	Detail string `json:"detail,omitempty"`
	// For says what it is good for, Get how to get it where it is missing.
	For string `json:"for"`
	Get string `json:"get,omitempty"`
	// Cost and Unseen are what it costs and what it cannot see: of observers.
	Cost   string `json:"cost,omitempty"`
	Unseen string `json:"unseen,omitempty"`
}

// Machine is where the doctor looks.
type Machine struct {
	// Engine returns what the engine offers, or why it does not answer.
	Engine func(context.Context) (inspect.Host, error)
	// Root is the directory below which /proc and /sys are: "/".
	Root string
	// OS is this machine's system as Go names it: "linux".
	OS string
	// LookPath finds a program; Run runs it and returns the beginning of what it
	// printed.
	LookPath func(program string) (string, error)
	Run      func(ctx context.Context, program string, args ...string) (string, error)
	// Timeout bounds each program and the engine.
	Timeout time.Duration
}

// Examine looks at everything, in the order it is shown.
func Examine(ctx context.Context, m Machine) []Item {
	items, host := m.engine(ctx)
	kernel := m.kernel(host)
	items = append(items, kernel...)
	items = append(items, m.observers(host, kernel)...)
	return append(items, m.programs(ctx, host)...)
}

// programs asks each program for its version, all at the same time.
func (m Machine) programs(ctx context.Context, host inspect.Host) []Item {
	items := make([]Item, len(tools))
	var wait sync.WaitGroup
	for i, t := range tools {
		wait.Go(func() { items[i] = m.tool(ctx, t, host) })
	}
	wait.Wait()
	return items
}
