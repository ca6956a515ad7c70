package check

import (
	"fmt"

	"bulkhead/inspect"
)

var hostNetwork = Check{
	ID:       "host-network",
	Settings: []string{"network_mode"},
	Layer:    inspect.LayerNetwork,
	Title:    "Is on the host's network",
	Question: "Does it have a network of its own?",
	Danger: "It listens on and reaches all of the host's addresses, loopback too, where services often ask for no password, " +
		"and the abstract sockets of the host's programs. No port has to be published.",
	Read:       "network_mode",
	Fix:        "give it a network of its own (remove network_mode: host) and publish the ports that are needed",
	MayBreak:   "Services that need broadcasts, many ports, or the client's own address.",
	Bad:        service("network_mode: host"),
	Good:       service(`ports: ["127.0.0.1:8080:80"]`),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.10", "https://docs.docker.com/engine/network/drivers/host/"},
	Run:        runHostNetwork,
}

func runHostNetwork(w inspect.Workload, _ inspect.Host) Result {
	switch mode := w.Settings.Namespaces.Network; mode {
	case "host":
		return Result{State: inspect.Open, Reason: "on the host's network", Findings: []inspect.Finding{rate(others, direct, inspect.Finding{
			Evidence: "network_mode is host.",
			Source:   w.Sources.Of("network_mode"),
		})}}
	case "none":
		return Result{State: inspect.Closed, Reason: "it has no network"}
	case "":
		return Result{State: inspect.Closed, Reason: "it has a network of its own"}
	default:
		return Result{State: inspect.Closed, Reason: fmt.Sprintf("it shares the network of %s", show(mode))}
	}
}
