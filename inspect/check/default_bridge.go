package check

import (
	"slices"

	"bulkhead/inspect"
)

var defaultBridge = Check{
	ID:       "default-bridge",
	Settings: []string{"networks", "network_mode"},
	Layer:    inspect.LayerNetwork,
	Title:    "Is on the default bridge",
	Question: "Which other containers can reach it?",
	Danger: "Every container that was started without a network of its own is on it, and each reaches all ports of the others, " +
		"published or not.",
	Read:       "networks and network_mode",
	Fix:        "put it on a network with only the containers that it works with",
	MayBreak:   "Containers that find it by its IP address or by --link.",
	Bad:        service("network_mode: bridge"),
	Good:       service("networks: [default]"),
	References: []string{"CIS Docker Benchmark 1.6.0: 2.2, 5.30", "https://docs.docker.com/engine/network/drivers/bridge/"},
	Run:        runDefaultBridge,
}

func runDefaultBridge(w inspect.Workload, _ inspect.Host) Result {
	s := w.Settings
	switch {
	case s.Namespaces.Network != "":
		return Result{State: inspect.NotApplicable, Reason: "it is on no network of the engine's"}
	case !slices.Contains(s.Networks, "bridge"):
		return Result{State: inspect.Closed, Reason: "not on the default bridge"}
	}
	return Result{State: inspect.Partly, Reason: "on the default bridge with every other container there", Findings: []inspect.Finding{rate(itself, withStep, inspect.Finding{
		Evidence: "its network is bridge.",
		Source:   w.Sources.Of("networks", "network_mode"),
	})}}
}
