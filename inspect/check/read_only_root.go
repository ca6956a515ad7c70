package check

import "bulkhead/inspect"

var readOnlyRoot = Check{
	ID:       "read-only-root",
	Settings: []string{"read_only"},
	Layer:    inspect.LayerRootFS,
	Title:    "The root filesystem is writable",
	Question: "Can an intruder leave files behind?",
	Danger: "An intruder can change programs and configuration inside, and leave tools that survive a restart. " +
		"A tmpfs from the engine is empty after each start, and nothing in it can be executed.",
	Read:       "read_only",
	Fix:        "make the root filesystem read-only (read_only: true), with a tmpfs or a volume where the service writes",
	MayBreak:   "Services that write beside their volumes: PID files, caches, temporary files. A trial shows where.",
	Bad:        service("read_only: false"),
	Good:       service("read_only: true", "tmpfs: [/run]"),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.13", "OWASP Docker Security Cheat Sheet: rule 8"},
	Run:        runReadOnlyRoot,
}

func runReadOnlyRoot(w inspect.Workload, _ inspect.Host) Result {
	if w.Settings.ReadOnlyRoot {
		return Result{State: inspect.Closed, Reason: "the root filesystem is read-only"}
	}
	f := rate(itself, direct, inspect.Finding{
		Evidence: "read_only is not set.",
		Source:   w.Sources.Of("read_only"),
		Changes:  []inspect.Change{{Dial: inspect.DialReadOnlyRoot}},
	})
	return Result{State: inspect.Open, Reason: "the root filesystem is writable", Findings: []inspect.Finding{f}}
}
