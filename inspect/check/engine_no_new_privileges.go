package check

import "bulkhead/inspect"

var engineNoNewPrivileges = Check{
	ID:         "engine-no-new-privileges",
	Layer:      inspect.LayerEngine,
	Title:      "Setuid programs may raise privileges unless a container says otherwise",
	Question:   "Is no-new-privileges the default?",
	Danger:     "Each container whose author forgot it lets a flawed setuid program make a user root inside.",
	Read:       "no-new-privileges in daemon.json or on the daemon's command line",
	Fix:        "set no-new-privileges to true in daemon.json",
	MayBreak:   "sudo, ping and other programs that live by setuid, in every container that does not set it to false.",
	Bad:        `{"host": {"version": "29.0", "daemon": {"noNewPrivileges": false}}}`,
	Good:       `{"host": {"version": "29.0", "daemon": {"noNewPrivileges": true}}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 2.14", "https://docs.docker.com/reference/cli/dockerd/"},
	Run:        daemonFlag("no-new-privileges", func(d inspect.Daemon) *bool { return d.NoNewPrivileges }, false, rate(itself, withStep, inspect.Finding{})),
}
