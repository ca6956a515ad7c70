package check

import "bulkhead/inspect"

var engineICC = Check{
	ID:         "engine-icc",
	Layer:      inspect.LayerEngine,
	Title:      "Containers on the default bridge reach each other",
	Question:   "May containers on the default bridge talk to each other?",
	Danger:     "A container that is taken reaches every port of every other one on the default bridge, published or not.",
	Read:       "icc in daemon.json, on the daemon's command line or in the options of the network bridge",
	Fix:        "set icc to false in daemon.json, and use networks of your own",
	MayBreak:   "Containers on the default bridge that talk to each other without --link.",
	Bad:        `{"host": {"version": "29.0", "daemon": {"icc": true}}}`,
	Good:       `{"host": {"version": "29.0", "daemon": {"icc": false}}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 2.2", "https://docs.docker.com/engine/network/drivers/bridge/"},
	Run:        daemonFlag("icc", func(d inspect.Daemon) *bool { return d.ICC }, true, rate(itself, withStep, inspect.Finding{})),
}
