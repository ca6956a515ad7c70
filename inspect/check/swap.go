package check

import "bulkhead/inspect"

var swap = Check{
	ID:       "swap",
	Settings: []string{"memswap_limit", "mem_limit", "deploy"},
	Layer:    inspect.LayerLimits,
	Title:    "Swap is not limited",
	Question: "Can it take all of the host's swap?",
	Danger: "The memory limit then only decides when it begins to swap: it can fill the host's swap and keep its disk busy, " +
		"to the cost of everything else there.",
	Read:       "memswap_limit beside mem_limit. Without it the engine allows as much swap as memory",
	Fix:        "remove memswap_limit: -1, or set it to the memory limit for no swap at all",
	MayBreak:   "A service that needs more memory than its limit is killed instead of slowed.",
	Bad:        service("mem_limit: 256m", "memswap_limit: -1"),
	Good:       service("mem_limit: 256m", "memswap_limit: 256m"),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.11", "https://docs.docker.com/engine/containers/resource_constraints/"},
	Run:        runSwap,
}

func runSwap(w inspect.Workload, _ inspect.Host) Result {
	l := w.Settings.Limits
	switch {
	case l.Memory == 0:
		return Result{State: inspect.NotApplicable, Reason: "without a memory limit there is none of swap"}
	case l.MemorySwap >= 0:
		return Result{State: inspect.Closed, Reason: "swap is limited"}
	}
	return Result{State: inspect.Partly, Reason: "swap not limited", Findings: []inspect.Finding{rate(itself, withStep, inspect.Finding{
		Evidence: "memswap_limit is -1.",
		Source:   w.Sources.Of("memswap_limit"),
	})}}
}
