package check

import (
	"fmt"

	"bulkhead/inspect"
)

var actualCapabilities = Check{
	ID:       "actual-capabilities",
	Settings: []string{"cap_add", "cap_drop", "privileged"},
	Layer:    inspect.LayerCapabilities,
	Title:    "A process holds capabilities that are not configured",
	Question: "Does a running process hold more capabilities than are configured?",
	Danger: "What the file says is not what runs: the container was started otherwise, or something outside gave a process more. " +
		"An intruder gets what the process holds.",
	Read:       "CapEff and CapBnd of each running process, from /proc/PID/status of the engine's host",
	Fix:        "start the container anew from its configuration, and find out who gave the process more",
	MayBreak:   "Whatever came to rely on the capabilities that were not configured.",
	Bad:        `{"workload": {"settings": {"capDrop": ["ALL"]}, "processes": [{"pid": 7, "command": "web", "capEff": ["SYS_ADMIN"], "capBnd": ["SYS_ADMIN"]}]}}`,
	Good:       `{"workload": {"settings": {"capDrop": ["ALL"]}, "processes": [{"pid": 7, "command": "web", "capEff": [], "capBnd": []}]}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 5.4", "capabilities(7)", "proc_pid_status(5)"},
	Run:        actual(compareCapabilities),
}

func compareCapabilities(own []inspect.Process, w inspect.Workload, _ inspect.Host) Result {
	if w.Settings.Privileged {
		return Result{State: inspect.NotApplicable, Reason: "privileged holds them all"}
	}
	configured := w.Settings.Capabilities()
	var extra inspect.CapSet
	names, n := processes(own, func(p inspect.Process) bool {
		more := p.Effective.Union(p.Bounding).Without(configured)
		extra |= more
		return more != 0
	})
	if n == 0 {
		return Result{State: inspect.Closed, Reason: "no running process holds more than is configured"}
	}
	g, d := gravest(extra)
	return Result{State: inspect.Open, Reason: "a running process holds more than is configured", Findings: []inspect.Finding{rate(g, d, inspect.Finding{
		Evidence: fmt.Sprintf("%s holds %s beyond what is configured.", names, few(extra)),
		Source:   w.Sources.Of("cap_drop", "cap_add"),
	})}}
}

// gravest is what the most dangerous capability of the set opens.
func gravest(set inspect.CapSet) (gain, door) {
	g, d := itself, direct
	for _, danger := range capDangers {
		c, err := inspect.ParseCap(danger.name)
		if err == nil && set.Has(c) && severity(danger.gain, danger.door) > severity(g, d) {
			g, d = danger.gain, danger.door
		}
	}
	return g, d
}

// few names the capabilities of a small set, and of a large one the number and
// the most dangerous.
func few(set inspect.CapSet) string {
	if set.Len() <= 8 {
		return set.String()
	}
	for _, danger := range capDangers {
		if c, err := inspect.ParseCap(danger.name); err == nil && set.Has(c) {
			return fmt.Sprintf("%d capabilities, %s among them,", set.Len(), danger.name)
		}
	}
	return fmt.Sprintf("%d capabilities", set.Len())
}
