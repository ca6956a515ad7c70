package check

import "bulkhead/inspect"

var engineUlimits = Check{
	ID:         "engine-ulimits",
	Layer:      inspect.LayerEngine,
	Title:      "No default ulimits are set",
	Question:   "Do containers get ulimits unless they set some?",
	Danger:     "A container may open as many files and start as many processes as the daemon itself may.",
	Read:       "default-ulimits in daemon.json or on the daemon's command line",
	Fix:        "set default-ulimits for nofile and nproc in daemon.json",
	MayBreak:   "Services that open more files than the default; they can set ulimits themselves.",
	Bad:        `{"host": {"version": "29.0", "daemon": {"defaultUlimits": false}}}`,
	Good:       `{"host": {"version": "29.0", "daemon": {"defaultUlimits": true}}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 2.8", "https://docs.docker.com/reference/cli/dockerd/#default-ulimits"},
	Run:        daemonFlag("a default for ulimits", func(d inspect.Daemon) *bool { return d.DefaultUlimits }, false, inform(inspect.Finding{})),
}
