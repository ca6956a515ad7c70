package check

import "bulkhead/inspect"

var maskedPaths = Check{
	ID:       "masked-paths",
	Settings: []string{"security_opt"},
	Layer:    inspect.LayerBoundary,
	Title:    "The masks over /proc and /sys are taken away",
	Question: "Are the kernel's own files masked?",
	Danger: "/proc/sys, /proc/sysrq-trigger and /sys are writable and /proc/kcore is readable for root inside: " +
		"kernel settings such as core_pattern run a program of the attacker's choice on the host.",
	Read:       "security_opt (systempaths=\u2026)",
	Fix:        "remove systempaths=unconfined from security_opt",
	MayBreak:   "Nested engines and tools that set sysctls; single ones can be given with sysctls instead.",
	Bad:        service("security_opt: [systempaths=unconfined]"),
	Good:       service(`sysctls: {net.core.somaxconn: "1024"}`),
	References: []string{"proc(5)", "core(5)"},
	Run:        runMaskedPaths,
}

func runMaskedPaths(w inspect.Workload, _ inspect.Host) Result {
	s := w.Settings
	if !s.UnmaskedPaths {
		return Result{State: inspect.Closed, Reason: "/proc and /sys are masked"}
	}
	f := rate(theHost, direct, inspect.Finding{
		Evidence: "security_opt holds systempaths=unconfined.",
		Source:   w.Sources.Of("security_opt"),
	})
	if !s.Root() {
		f = rate(theHost, withStep, f)
	}
	return Result{State: inspect.Open, Reason: "/proc and /sys are not masked", Findings: []inspect.Finding{f}}
}
