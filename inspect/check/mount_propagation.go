package check

import (
	"fmt"

	"bulkhead/inspect"
)

var mountPropagation = Check{
	ID:       "mount-propagation",
	Settings: []string{"volumes"},
	Layer:    inspect.LayerBoundary,
	Title:    "Mounts made inside appear on the host",
	Question: "Does what is mounted inside appear on the host?",
	Danger: "A file system that is mounted inside below a shared mount appears on the host and in every container that shares it, " +
		"and covers what is there. Mounting takes the capability SYS_ADMIN.",
	Read:       "volumes: bind.propagation of each bind mount",
	Fix:        "remove the propagation, or use rslave where the container must see what the host mounts",
	MayBreak:   "Storage plugins and agents that mount file systems for others.",
	Bad:        service("volumes: [/srv/media:/media:rshared]"),
	Good:       service("volumes: [/srv/media:/media:rslave]"),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.20", "mount_namespaces(7)"},
	Run:        runMountPropagation,
}

func runMountPropagation(w inspect.Workload, _ inspect.Host) Result {
	var findings []inspect.Finding
	for _, m := range w.Settings.Mounts {
		if m.Propagation == "" {
			continue
		}
		findings = append(findings, rate(others, withStep, inspect.Finding{
			Evidence: fmt.Sprintf("volumes holds %s at %s, propagation %s.", show(m.Source), show(m.Target), m.Propagation),
			Source:   mountSource(w, m),
		}))
	}
	return judged(findings, "no mount is shared with the host", "mounts made inside appear on the host")
}
