package check

import "bulkhead/inspect"

var limits = Check{
	ID:       "limits",
	Settings: []string{"mem_limit", "pids_limit", "cpus", "deploy"},
	Layer:    inspect.LayerLimits,
	Title:    "A resource is not limited",
	Question: "Can it starve the host?",
	Danger:   "One container can take what all others and the host itself need.",
	Fix:      "set mem_limit, pids_limit and cpus, with headroom over the peak that was seen",
	MayBreak: "A service that needs more than the limit is slowed (cpus), refused new processes (pids_limit) or killed (mem_limit).",
	References: []string{
		"CIS Docker Benchmark 1.6.0: 5.11, 5.12, 5.29", "OWASP Docker Security Cheat Sheet: rule 7", "cgroups(7)",
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
	check("memory", l.Memory > 0, inspect.Finding{
		Title: "Memory is not limited", Severity: severity(others, withStep),
		Evidence: "mem_limit is not set.", Source: w.Sources.Of("mem_limit", "deploy.resources.limits.memory", "deploy"),
		Why: "A leak or an attack takes all memory, and the kernel then kills processes of its own choice, other services among them.",
		Fix: "set mem_limit",
	})
	check("processes", l.PIDs > 0, inspect.Finding{
		Title: "The number of processes is not limited", Severity: severity(others, withStep),
		Evidence: "pids_limit is not set.", Source: w.Sources.Of("pids_limit", "deploy.resources.limits.pids", "deploy"),
		Why: "A fork bomb inside fills the host's process table, and nobody can start anything any more.",
		Fix: "set pids_limit",
	})
	check("CPU", l.CPUs > 0, inspect.Finding{
		Title: "CPU time is not limited", Severity: inspect.Info,
		Evidence: "cpus is not set.", Source: w.Sources.Of("cpus", "deploy.resources.limits.cpus", "deploy"),
		Why: "A busy loop inside slows everything else; the kernel still shares the processors fairly between containers.",
		Fix: "set cpus",
	})
	switch {
	case len(set) == 0:
		return Result{State: inspect.Open, Reason: "nothing is limited", Findings: findings}
	case l.Memory > 0 && l.PIDs > 0:
		return Result{State: inspect.Closed, Reason: list(set) + " limited", Findings: findings}
	}
	return Result{State: inspect.Partly, Reason: list(unset) + " not limited", Findings: findings}
}
