package check

import "bulkhead/inspect"

var engineRoot = Check{
	ID:       "engine-root",
	Layer:    inspect.LayerEngine,
	Title:    "Root inside a container is root on the host",
	Question: "If a container breaks out, who is it on the host?",
	Danger:   "The daemon runs as root and does not map users: one way out of one container is the whole machine.",
	Read:     "rootless and userns among the engine's security options",
	Fix:      "run the engine rootless, or set userns-remap in daemon.json",
	MayBreak: "Rootless: ports under 1024, some storage and network drivers, and limits without cgroup version 2. " +
		"userns-remap: images are pulled anew, and bind mounts need the mapped owner.",
	Bad:        `{"host": {"version": "29.0"}}`,
	Good:       `{"host": {"version": "29.0", "rootless": true}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 2.1, 2.9", "OWASP Docker Security Cheat Sheet: rule 11", "https://docs.docker.com/engine/security/rootless/", "https://docs.docker.com/engine/security/userns-remap/"},
	Run:        onHost(judgeEngineRoot),
}

func judgeEngineRoot(h inspect.Host) Result {
	switch {
	case h.Rootless:
		return Result{State: inspect.Closed, Reason: "the engine is rootless: a container that breaks out is an ordinary user"}
	case h.UsernsRemap:
		return Result{State: inspect.Closed, Reason: "users are mapped: root inside is nobody outside; the daemon itself is root"}
	}
	return Result{State: inspect.Open, Reason: "a container that breaks out as root is root on the host", Findings: []inspect.Finding{rate(theHost, withStep, inspect.Finding{
		Evidence: "the engine lists neither rootless nor userns among its security options.",
	})}}
}
