package check

import (
	"fmt"

	"bulkhead/inspect"
)

var executedProcesses = Check{
	ID:       "executed-processes",
	Settings: []string{"user", "cap_add", "cap_drop", "privileged", "security_opt"},
	Layer:    inspect.LayerEscalation,
	Title:    "A command was executed with more than the service has",
	Question: "Does a command run inside that was given more than the main process?",
	Danger: "docker exec with --privileged or --user root puts a process inside that the other walls do not hold. " +
		"An intruder inside can wait for it and use it.",
	Read: "user, capabilities, NoNewPrivs and Seccomp of processes that do not descend from the main one, " +
		"beside those of the main one, from /proc/PID/status of the engine's host",
	Fix:        "end the command, and run docker exec without --privileged and --user root",
	MayBreak:   "Backup and maintenance jobs that run as root by exec.",
	Bad:        `{"workload": {"settings": {"user": "1000"}, "processes": [{"pid": 7, "command": "web", "uid": 1000, "seccomp": 2}, {"pid": 9, "command": "sh", "uid": 0, "seccomp": 2, "executed": true}]}}`,
	Good:       `{"workload": {"settings": {"user": "1000"}, "processes": [{"pid": 7, "command": "web", "uid": 1000, "seccomp": 2}, {"pid": 9, "command": "sh", "uid": 1000, "seccomp": 2, "executed": true}]}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 5.23, 5.24", "https://docs.docker.com/reference/cli/docker/container/exec/"},
	Run:        actual(compareExecuted),
}

func compareExecuted(own []inspect.Process, w inspect.Workload, h inspect.Host) Result {
	if len(own) == len(w.Processes) {
		return Result{State: inspect.NotApplicable, Reason: "no executed command runs inside"}
	}
	var findings []inspect.Finding
	for _, p := range w.Processes {
		if !p.Executed {
			continue
		}
		if f, more := executedFinding(p, own[0], w); more {
			findings = append(findings, f)
		}
	}
	r := judged(findings, "no executed command holds more than the service", "an executed command holds more than the service")
	return r
}

// executedFinding compares an executed process with the main one. Capabilities
// are held against the container's set: a command that is root beside a service
// that dropped it holds more of them, and that is said by its user.
func executedFinding(p, main inspect.Process, w inspect.Workload) (inspect.Finding, bool) {
	var more []string
	g, d := itself, withStep
	worse := func(gain gain, door door, what string) {
		more = append(more, what)
		if severity(gain, door) > severity(g, d) {
			g, d = gain, door
		}
	}
	if p.UID == 0 && main.UID != 0 {
		worse(itself, withStep, fmt.Sprintf("is root, and the service runs as uid %d", main.UID))
	}
	if extra := p.Effective.Union(p.Bounding).Without(w.Settings.Capabilities()); extra != 0 && !w.Settings.Privileged {
		gain, door := gravest(extra)
		worse(gain, door, "holds "+few(extra)+" beyond what is configured")
	}
	if main.NoNewPrivileges && !p.NoNewPrivileges {
		worse(itself, withStep, "lacks no-new-privileges")
	}
	if main.Seccomp == 2 && p.Seccomp == 0 {
		worse(theHost, withStep, "has no seccomp filter")
	}
	return rate(g, d, inspect.Finding{
		Evidence: process(p) + " was executed inside: it " + list(more) + ".",
	}), len(more) > 0
}
