// Package service holds the practice services that live in the bulkhead binary:
// small programs that need what real images need. Each is run in a container of
// its own, from an image FROM scratch that holds the binary and nothing else.
//
// They behave as the programs they stand for: they write a few lines about what
// they do, they say the kernel's own words when something is refused, and they
// end with exit code 0 on SIGTERM. They are written for a container of their
// own and change files at fixed paths; outside of one they are not to be run.
package service

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// program is one service: it runs until it is told to stop, and returns its
// exit code.
type program func(args []string, log logger) int

// Names returns the names of the services, sorted.
func Names() []string { return slices.Sorted(maps.Keys(programs())) }

// Command is the argument list that runs a service: what follows the binary's
// name. The command line hands it on to Main.
func Command(name string, args ...string) []string {
	return append([]string{"agent", "service", name}, args...)
}

// Main runs a service and returns its exit code: 0 when it was told to stop, 1
// when it failed, 2 for a name or arguments it does not know.
func Main(name string, args []string, out, errw io.Writer) int {
	run, ok := programs()[name]
	if !ok {
		fmt.Fprintf(errw, "no service %q; there are %s\n", name, strings.Join(Names(), ", "))
		return 2
	}
	return run(args, logger{name: name, out: out, err: errw})
}

// logger writes the lines a person reads in docker logs.
type logger struct {
	name     string
	out, err io.Writer
}

// say reports what the service does.
func (l logger) say(format string, args ...any) {
	fmt.Fprintf(l.out, "%s: %s\n", l.name, fmt.Sprintf(format, args...))
}

// fail reports what went wrong and returns the exit code for it.
func (l logger) fail(format string, args ...any) int {
	fmt.Fprintf(l.err, "%s: error: %s\n", l.name, fmt.Sprintf(format, args...))
	return 1
}
