package check

import (
	"slices"

	"bulkhead/inspect"
)

var limits = Check{
	ID:       "limits",
	Settings: []string{"mem_limit", "pids_limit", "cpus", "ulimits", "deploy"},
	Layer:    inspect.LayerLimits,
	Title:    "A resource is not limited",
	Question: "Can it starve the host?",
	Danger:   "One container can take what all others and the host itself need.",
	Read:     "mem_limit, pids_limit, cpus, deploy.resources.limits, and ulimits for nofile, nproc and core",
	Fix:      "set mem_limit, pids_limit and cpus, with headroom over the peak that was seen",
	MayBreak: "A service that needs more than the limit is slowed (cpus), refused new processes (pids_limit) or killed (mem_limit).",
	Bad:      service("mem_limit: 256m", "ulimits: {nofile: -1}"),
	Good:     service("mem_limit: 256m", "pids_limit: 100", "cpus: 0.5", "ulimits: {nofile: 65536}"),
	References: []string{
		"CIS Docker Benchmark 1.6.0: 5.11, 5.12, 5.19, 5.29", "OWASP Docker Security Cheat Sheet: rule 7", "cgroups(7)", "getrlimit(2)",
	},
	Run: runLimits,
}

func runLimits(w inspect.Workload, _ inspect.Host) Result {
	l := w.Settings.Limits
	var set, unset []string
	var findings []inspect.Finding
	check := func(name string, limited bool, f inspect.Finding) {
		if limited {
			set = append(set, name)
			return
		}
		unset = append(unset, name)
		findings = append(findings, f)
	}
	check("memory", l.Memory > 0, rate(others, withStep, inspect.Finding{
		Title:    "Memory is not limited",
		Evidence: "mem_limit is not set.", Source: w.Sources.Of("mem_limit", "deploy.resources.limits.memory", "deploy"),
		Why: "A leak or an attack takes all memory, and the kernel then kills processes of its own choice, other services among them.",
		Fix: "set mem_limit",
	}))
	check("processes", l.PIDs > 0, rate(others, withStep, inspect.Finding{
		Title:    "The number of processes is not limited",
		Evidence: "pids_limit is not set.", Source: w.Sources.Of("pids_limit", "deploy.resources.limits.pids", "deploy"),
		Why: "A fork bomb inside fills the host's process table, and nobody can start anything any more.",
		Fix: "set pids_limit",
	}))
	check("CPU", l.CPUs > 0, inform(inspect.Finding{
		Title:    "CPU time is not limited",
		Evidence: "cpus is not set.", Source: w.Sources.Of("cpus", "deploy.resources.limits.cpus", "deploy"),
		Why: "A busy loop inside slows everything else; the kernel still shares the processors fairly between containers.",
		Fix: "set cpus",
	}))
	high := ulimitFindings(w)
	findings = append(findings, high...)
	switch {
	case len(set) == 0:
		return Result{State: inspect.Open, Reason: "nothing is limited", Findings: findings}
	case l.Memory > 0 && l.PIDs > 0 && slices.ContainsFunc(high, func(f inspect.Finding) bool { return f.Severity > inspect.Info }):
		return Result{State: inspect.Partly, Reason: list(set) + " limited, a ulimit limits nothing", Findings: findings}
	case l.Memory > 0 && l.PIDs > 0:
		return Result{State: inspect.Closed, Reason: list(set) + " limited", Findings: findings}
	}
	return Result{State: inspect.Partly, Reason: list(unset) + " not limited", Findings: findings}
}
