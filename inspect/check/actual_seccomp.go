package check

import (
	"fmt"

	"bulkhead/inspect"
)

var actualSeccomp = Check{
	ID:         "actual-seccomp",
	Settings:   []string{"security_opt", "privileged"},
	Layer:      inspect.LayerSeccomp,
	Title:      "A process runs without the configured seccomp profile",
	Question:   "Does every running process have a seccomp filter?",
	Danger:     "The profile is configured, and this process may still make every syscall of the host's kernel.",
	Read:       "Seccomp of each running process, from /proc/PID/status of the engine's host: 0 is none, 2 a filter",
	Fix:        "start the container anew, and look at what the engine's runtime does with seccomp profiles",
	MayBreak:   "Programs that use syscalls which the profile refuses.",
	Bad:        `{"workload": {"processes": [{"pid": 7, "command": "web", "seccomp": 0}]}}`,
	Good:       `{"workload": {"processes": [{"pid": 7, "command": "web", "seccomp": 2}]}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 5.22", "seccomp(2)", "proc_pid_status(5)"},
	Run:        actual(compareSeccomp),
}

func compareSeccomp(own []inspect.Process, w inspect.Workload, h inspect.Host) Result {
	if runSeccomp(w, h).State == inspect.Open || w.Settings.Privileged {
		return Result{State: inspect.NotApplicable, Reason: "no profile is configured"}
	}
	names, n := processes(own, func(p inspect.Process) bool { return p.Seccomp == 0 })
	if n == 0 {
		return Result{State: inspect.Closed, Reason: "every running process has a filter"}
	}
	return Result{State: inspect.Open, Reason: "a running process has no filter", Findings: []inspect.Finding{rate(theHost, withStep, inspect.Finding{
		Evidence: fmt.Sprintf("a profile is configured, and %s has Seccomp 0.", names),
		Source:   w.Sources.Of("security_opt"),
	})}}
}
