package check

import "bulkhead/inspect"

var privileged = Check{
	ID:       "privileged",
	Settings: []string{"privileged"},
	Layer:    inspect.LayerBoundary,
	Title:    "The container is privileged",
	Question: "Are the walls switched off altogether?",
	Danger: "Privileged gives every capability and every device of the host, and takes away seccomp, AppArmor and " +
		"the masks over /proc and /sys: whoever runs code inside can mount the host's disk and own the machine.",
	Read:       "privileged",
	Fix:        "run without privileged; give the one device or capability that is needed instead",
	MayBreak:   "Nested engines, device and kernel management. Each needs a few named capabilities or devices.",
	Bad:        service("privileged: true"),
	Good:       service("cap_drop: [ALL]", "cap_add: [NET_ADMIN]"),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.5", "OWASP Docker Security Cheat Sheet: rule 3"},
	Run:        runPrivileged,
}

func runPrivileged(w inspect.Workload, h inspect.Host) Result {
	if !w.Settings.Privileged {
		return Result{State: inspect.Closed, Reason: "not privileged"}
	}
	f := rate(theHost, direct, inspect.Finding{
		Evidence: "privileged is true.",
		Source:   w.Sources.Of("privileged"),
	})
	if h.Rootless {
		f = rate(others, direct, f)
		f.Evidence = "privileged is true; the engine is rootless, so the host means the files and processes of its user."
	}
	return Result{State: inspect.Open, Reason: "privileged", Findings: []inspect.Finding{f}}
}
