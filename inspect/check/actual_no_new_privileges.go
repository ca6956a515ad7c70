package check

import (
	"fmt"

	"bulkhead/inspect"
)

var actualNoNewPrivileges = Check{
	ID:       "actual-no-new-privileges",
	Settings: []string{"security_opt"},
	Layer:    inspect.LayerEscalation,
	Title:    "A process lacks the configured no-new-privileges",
	Question: "Does every running process have the no-new-privileges that is configured?",
	Danger:   "It is configured, and a setuid program can still make this process root.",
	Read:     "NoNewPrivs of each running process, from /proc/PID/status of the engine's host",
	Fix:      "start the container anew from its configuration",
	MayBreak: "Programs that live by setuid or file capabilities.",
	Bad:      `{"workload": {"settings": {"noNewPrivileges": true}, "processes": [{"pid": 7, "command": "web"}]}}`,
	Good:     `{"workload": {"settings": {"noNewPrivileges": true}, "processes": [{"pid": 7, "command": "web", "noNewPrivileges": true}]}}`,
	References: []string{
		"CIS Docker Benchmark 1.6.0: 5.26", "PR_SET_NO_NEW_PRIVS in prctl(2)", "proc_pid_status(5)",
	},
	Run: actual(compareNoNewPrivileges),
}

func compareNoNewPrivileges(own []inspect.Process, w inspect.Workload, _ inspect.Host) Result {
	if !w.Settings.NoNewPrivileges {
		// The engine's default of today need not be that of the day it was created.
		return Result{State: inspect.NotApplicable, Reason: "it is not configured"}
	}
	names, n := processes(own, func(p inspect.Process) bool { return !p.NoNewPrivileges })
	if n == 0 {
		return Result{State: inspect.Closed, Reason: "every running process has it"}
	}
	return Result{State: inspect.Open, Reason: "a running process lacks it", Findings: []inspect.Finding{rate(itself, direct, inspect.Finding{
		Evidence: fmt.Sprintf("no-new-privileges is configured, and %s has NoNewPrivs 0.", names),
		Source:   w.Sources.Of("security_opt"),
	})}}
}
