package check

import "bulkhead/inspect"

var engineExperimental = Check{
	ID:         "engine-experimental",
	Layer:      inspect.LayerEngine,
	Title:      "Experimental features are switched on",
	Question:   "Are experimental features in use?",
	Danger:     "They have been looked at less, and may change or go with any version.",
	Read:       "experimental in daemon.json, on the daemon's command line or in the engine's version",
	Fix:        "set experimental to false in daemon.json",
	MayBreak:   "Whatever uses an experimental feature, checkpoints for instance.",
	Bad:        `{"host": {"version": "29.0", "daemon": {"experimental": true}}}`,
	Good:       `{"host": {"version": "29.0", "daemon": {"experimental": false}}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 2.18", "https://docs.docker.com/reference/cli/dockerd/"},
	Run:        daemonFlag("experimental", func(d inspect.Daemon) *bool { return d.Experimental }, true, inform(inspect.Finding{})),
}
