package check

import "bulkhead/inspect"

var engineGroup = Check{
	ID:         "engine-group",
	Layer:      inspect.LayerEngine,
	Title:      "Users are root on the host through the engine's group",
	Question:   "Who may use the engine's socket?",
	Danger:     "Whoever is in the group can start a container with the host's disk inside: each of these accounts is as good as root, without a password.",
	Read:       "the group that owns the socket, and its members in /etc/group and /etc/passwd",
	Fix:        "take out who does not need it, and use sudo or a rootless engine instead",
	MayBreak:   "Scripts of these users that call docker without sudo.",
	Bad:        `{"host": {"version": "29.0", "daemon": {"groupMembers": ["ann"]}}}`,
	Good:       `{"host": {"version": "29.0", "daemon": {}}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 1.1.2", "https://docs.docker.com/engine/install/linux-postinstall/"},
	Run:        onHost(judgeEngineGroup),
}

func judgeEngineGroup(h inspect.Host) Result {
	switch {
	case h.Rootless:
		return Result{State: inspect.NotApplicable, Reason: "the engine is rootless"}
	case h.Daemon == nil || len(h.Daemon.GroupMembers) == 0 && len(h.Daemon.Unread) > 0:
		return unreadSetting("who may use the engine's socket", h)
	case len(h.Daemon.GroupMembers) == 0:
		return Result{State: inspect.Closed, Reason: "the socket's group has no members"}
	}
	var names []string
	for _, name := range h.Daemon.GroupMembers {
		names = append(names, inspect.Printable(name))
	}
	return Result{State: inspect.Partly, Reason: count(len(names), "user") + " may use the socket", Findings: []inspect.Finding{rate(theHost, withStep, inspect.Finding{
		Evidence: "the socket's group holds " + show(list(names)) + ".",
	})}}
}
