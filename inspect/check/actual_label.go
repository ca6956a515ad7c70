package check

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
)

var actualLabel = Check{
	ID:         "actual-label",
	Settings:   []string{"security_opt", "privileged"},
	Layer:      inspect.LayerMAC,
	Title:      "A process runs outside the configured AppArmor or SELinux confinement",
	Question:   "Does every running process carry the label that is configured?",
	Danger:     "The configuration confines it, and this process is not confined, or only watched.",
	Read:       "the AppArmor or SELinux label of each running process, from /proc/PID/attr/current of the engine's host",
	Fix:        "load and enforce the profile, then start the container anew",
	MayBreak:   "Whatever the profile refuses.",
	Bad:        `{"host": {"version": "29.0", "appArmor": true}, "workload": {"processes": [{"pid": 7, "command": "web", "label": "unconfined"}]}}`,
	Good:       `{"host": {"version": "29.0", "appArmor": true}, "workload": {"processes": [{"pid": 7, "command": "web", "label": "docker-default (enforce)"}]}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 5.2, 5.3", "apparmor(7)", "selinux(8)"},
	Run:        actual(compareLabel),
}

func compareLabel(own []inspect.Process, w inspect.Workload, h inspect.Host) Result {
	if !h.AppArmor && !h.SELinux {
		return runMandatoryAccessControl(w, h)
	}
	if runMandatoryAccessControl(w, h).State == inspect.Open {
		return Result{State: inspect.NotApplicable, Reason: "no confinement is configured"}
	}
	names, n := processes(own, func(p inspect.Process) bool { return loose(p.Label) })
	if n > 0 {
		return Result{State: inspect.Open, Reason: "a running process is not confined", Findings: []inspect.Finding{rate(theHost, withStep, inspect.Finding{
			Evidence: fmt.Sprintf("confinement is configured, and the label of %s does not enforce it.", names),
			Source:   w.Sources.Of("security_opt"),
		})}}
	}
	if names, n = processes(own, func(p inspect.Process) bool { return p.Label == "" }); n > 0 {
		return Result{State: inspect.Unknown, Reason: "no label was read of " + names}
	}
	return Result{State: inspect.Closed, Reason: "every running process is confined"}
}

// loose says whether the label confines nothing: AppArmor writes "unconfined"
// or "PROFILE (complain)", SELinux USER:ROLE:TYPE:LEVEL, where spc_t is the type
// of containers whose separation is off.
func loose(label string) bool {
	label = strings.TrimSpace(label)
	if strings.HasPrefix(label, "unconfined") || strings.HasSuffix(label, "(complain)") || strings.HasSuffix(label, "(unconfined)") {
		return true
	}
	fields := strings.Split(label, ":")
	return len(fields) >= 3 && (fields[2] == "spc_t" || strings.HasPrefix(fields[2], "unconfined"))
}
