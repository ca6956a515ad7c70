package check

import "bulkhead/inspect"

var engineUserlandProxy = Check{
	ID:         "engine-userland-proxy",
	Layer:      inspect.LayerEngine,
	Title:      "A process of the engine stands before each published port",
	Question:   "Is the userland proxy in use?",
	Danger:     "It is a program more that runs as root and faces the network, and services see its address in place of the client's.",
	Read:       "userland-proxy in daemon.json or on the daemon's command line",
	Fix:        "set userland-proxy to false in daemon.json",
	MayBreak:   "Old kernels without hairpin NAT, and connections from the host to its own published ports over IPv6.",
	Bad:        `{"host": {"version": "29.0", "daemon": {"userlandProxy": true}}}`,
	Good:       `{"host": {"version": "29.0", "daemon": {"userlandProxy": false}}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 2.16", "https://docs.docker.com/reference/cli/dockerd/"},
	Run:        daemonFlag("userland-proxy", func(d inspect.Daemon) *bool { return d.UserlandProxy }, true, inform(inspect.Finding{})),
}
