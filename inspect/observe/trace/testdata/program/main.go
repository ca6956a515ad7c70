// Program is the tracer and what it traces, without anything that needs more
// than a static binary.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"

	"bulkhead/inspect/observe/act"
	"bulkhead/inspect/observe/trace"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	begins := func(command []string) bool {
		return len(args) >= len(command) && slices.Equal(args[:len(command)], command)
	}
	var err error
	switch {
	case begins([]string{act.Word}):
		return act.Main(args[1:], os.Stdin, os.Stderr)
	case begins(trace.EnterCommand):
		return trace.Enter(args[len(trace.EnterCommand):], os.Stderr)
	case begins(trace.ServeCommand):
		err = trace.Serve(context.Background(), os.Stdin, os.Stdout)
	case begins(trace.InstallCommand):
		err = trace.Install(args[len(trace.InstallCommand)])
	default:
		err = fmt.Errorf("unknown words %q", args)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// The first thread stays the one that executes.
func init() { runtime.LockOSThread() }
