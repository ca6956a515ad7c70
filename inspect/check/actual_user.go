package check

import (
	"fmt"

	"bulkhead/inspect"
)

var actualUser = Check{
	ID:       "actual-user",
	Settings: []string{"user"},
	Layer:    inspect.LayerUser,
	Title:    "A process runs as root although another user is configured",
	Question: "Is a running process root although the configured user is not?",
	Danger: "Something inside turned a user into root, as a setuid program does. What was configured to keep root out " +
		"does not.",
	Read:       "the effective uid of each running process, from /proc/PID/status and uid_map of the engine's host",
	Fix:        "find the program that raises privileges, and set no-new-privileges",
	MayBreak:   "Services that mean to raise privileges, with sudo for instance.",
	Bad:        `{"workload": {"settings": {"user": "1000"}, "processes": [{"pid": 7, "command": "web", "uid": 1000}, {"pid": 8, "command": "sudo", "uid": 0}]}}`,
	Good:       `{"workload": {"settings": {"user": "1000"}, "processes": [{"pid": 7, "command": "web", "uid": 1000}]}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 4.1", "proc_pid_status(5)", "credentials(7)"},
	Run:        actual(compareUser),
}

func compareUser(own []inspect.Process, w inspect.Workload, _ inspect.Host) Result {
	names, n := processes(own, isRoot)
	switch {
	case w.Settings.Root():
		return Result{State: inspect.NotApplicable, Reason: "root is configured"}
	case n == 0:
		return Result{State: inspect.Closed, Reason: "no running process is root"}
	}
	return Result{State: inspect.Open, Reason: "configured as another user, but a process is root", Findings: []inspect.Finding{rate(itself, direct, inspect.Finding{
		Evidence: fmt.Sprintf("user is %q, and %s has the effective uid 0.", show(w.Settings.User), names),
		Source:   w.Sources.Of("user"),
	})}}
}

func isRoot(p inspect.Process) bool { return p.UID == 0 }

// dropped says as whom the processes of a container run that starts as root and
// is so no more; "" where one of them still is root, or they were not read.
func dropped(w inspect.Workload, h inspect.Host) string {
	own := ownProcesses(w)
	if unseen(w, h) != "" || w.ProcessesUnknown != "" {
		return ""
	}
	if _, n := processes(own, isRoot); n > 0 {
		return ""
	}
	return fmt.Sprintf("it starts as root and drops it: its processes run as uid %d", own[0].UID)
}
