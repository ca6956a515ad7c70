// Program is the tracer, what it traces, and the observers it is compared with, without anything that needs more
// than a static binary.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"

	"bulkhead/inspect/observe/act"
	"bulkhead/inspect/observe/audit"
	"bulkhead/inspect/observe/bpf"
	"bulkhead/inspect/observe/trace"
	"bulkhead/inspect/observe/watch"
	"bulkhead/inspect/observe/wire"
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
	case begins(watch.Command):
		err = wire.Serve(context.Background(), os.Stdin, os.Stdout, bpf.Record)
	case begins(watch.LogCommand):
		err = wire.Serve(context.Background(), os.Stdin, os.Stdout, audit.Listen())
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
