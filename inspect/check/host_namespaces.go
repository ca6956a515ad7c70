package check

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
)

var hostNamespaces = Check{
	ID:       "host-namespaces",
	Settings: []string{"pid", "ipc", "uts", "userns_mode", "cgroup"},
	Layer:    inspect.LayerBoundary,
	Title:    "Shares a namespace with the host",
	Question: "Does it share the host's processes, IPC, names or users?",
	Danger:   "A namespace of the host inside is a part of the host inside.",
	Read:     "pid, ipc, uts, userns_mode and cgroup",
	Fix:      "give the container a namespace of its own",
	MayBreak: "Monitoring agents that count the host's processes, and programs that share memory with the host.",
	Bad:      service("pid: host"),
	Good:     service("init: true"),
	References: []string{
		"CIS Docker Benchmark 1.6.0: 5.16, 5.17, 5.21, 5.31", "namespaces(7)",
	},
	Run: runHostNamespaces,
}

func runHostNamespaces(w inspect.Workload, h inspect.Host) Result {
	n := w.Settings.Namespaces
	var findings []inspect.Finding
	var shared []string
	add := func(setting, name, why string, g gain, d door) {
		shared = append(shared, name)
		findings = append(findings, rate(g, d, inspect.Finding{
			Title:    fmt.Sprintf("Shares the host's %s namespace", name),
			Why:      why,
			Evidence: setting + " is host.",
			Source:   w.Sources.Of(setting),
			Fix:      fmt.Sprintf("remove %s: host", setting),
		}))
	}
	if n.PID == "host" {
		add("pid", "process", "It sees every process of the host with its command line, may signal those of its own uid, "+
			"and reaches their files through /proc where its capabilities allow it.", others, direct)
	}
	if n.IPC == "host" {
		add("ipc", "IPC", "It can read and change shared memory and queues of the host's programs, where their permissions allow it.",
			others, withStep)
	}
	if n.User == "host" && (h.UsernsRemap || h.Rootless) {
		add("userns_mode", "user", "The engine maps users so that root inside is nobody outside; this container is exempt from it.",
			theHost, withStep)
	}
	if n.UTS == "host" {
		add("uts", "UTS", "With the capability SYS_ADMIN it can change the host's name; without, it only reads it.",
			itself, withStep)
	}
	if n.Cgroup == "host" {
		add("cgroup", "cgroup", "It sees the host's whole cgroup tree, which ways out of a container make use of.",
			itself, withStep)
	}
	return judged(findings, "own namespaces", "shares the host's "+strings.Join(shared, ", ")+" namespace")
}
