package check

import "bulkhead/inspect"

var engineLiveRestore = Check{
	ID:         "engine-live-restore",
	Layer:      inspect.LayerEngine,
	Title:      "Containers stop when the daemon does",
	Question:   "Do containers outlive a restart of the daemon?",
	Danger:     "Updating the engine stops every container, so updates are put off, with the holes they would close.",
	Read:       "live-restore in daemon.json, on the daemon's command line or in the engine's description of itself",
	Fix:        "set live-restore to true in daemon.json",
	MayBreak:   "Swarm mode, which cannot be used with it.",
	Bad:        `{"host": {"version": "29.0", "daemon": {"liveRestore": false}}}`,
	Good:       `{"host": {"version": "29.0", "daemon": {"liveRestore": true}}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 2.15", "https://docs.docker.com/engine/daemon/live-restore/"},
	Run:        daemonFlag("live-restore", func(d inspect.Daemon) *bool { return d.LiveRestore }, false, inform(inspect.Finding{})),
}
