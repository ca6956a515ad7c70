package check

import (
	"cmp"
	"fmt"
	"slices"

	"bulkhead/inspect"
)

// actual runs a comparison of what is configured with what the running
// processes show. Where they were not read the check does not apply: the
// configuration alone then decides the layer.
func actual(compare func(own []inspect.Process, w inspect.Workload, h inspect.Host) Result) func(inspect.Workload, inspect.Host) Result {
	return func(w inspect.Workload, h inspect.Host) Result {
		if why := unseen(w, h); why != "" {
			return Result{State: inspect.NotApplicable, Reason: why}
		}
		r := compare(ownProcesses(w), w, h)
		if r.State == inspect.Closed && w.ProcessesUnknown != "" {
			r = Result{State: inspect.NotApplicable, Reason: "no difference in the processes that were read: " + show(w.ProcessesUnknown)}
		}
		return r
	}
}

// unseen says why the processes tell nothing, or "".
func unseen(w inspect.Workload, h inspect.Host) string {
	if len(ownProcesses(w)) == 0 {
		return "its processes were not read: " + show(cmp.Or(w.ProcessesUnknown, "none runs, or they cannot be seen from here"))
	}
	if own, _ := runtimeKind(cmp.Or(w.Settings.Runtime, h.DefaultRuntime)); own {
		return "its processes are those of the sandbox, not of the service"
	}
	return ""
}

// ownProcesses are those that descend from the main process, it first.
func ownProcesses(w inspect.Workload) []inspect.Process {
	return slices.DeleteFunc(slices.Clone(w.Processes), func(p inspect.Process) bool { return p.Executed })
}

// process names a process in a sentence.
func process(p inspect.Process) string { return fmt.Sprintf("%s (PID %d)", show(p.Command), p.PID) }

// processes names those that the condition holds for, three at most, and counts
// them.
func processes(all []inspect.Process, holds func(inspect.Process) bool) (names string, n int) {
	var words []string
	for _, p := range all {
		if !holds(p) {
			continue
		}
		n++
		if n <= 3 {
			words = append(words, process(p))
		}
	}
	if n > 3 {
		words = append(words, fmt.Sprintf("%d more", n-3))
	}
	return list(words), n
}
