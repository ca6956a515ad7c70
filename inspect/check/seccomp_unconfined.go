package check

import (
	"fmt"

	"bulkhead/inspect"
)

var seccompUnconfined = Check{
	ID:       "seccomp-unconfined",
	Settings: []string{"security_opt", "privileged"},
	Layer:    inspect.LayerSeccomp,
	Title:    "No seccomp profile is in force",
	Question: "Which syscalls can it make?",
	Danger: "Without a profile every syscall of the host's kernel can be called. Most kernel exploits need calls " +
		"that the engine's default profile refuses.",
	Read:       "security_opt (seccomp=\u2026), privileged, and the profile that the engine reports as its default",
	Fix:        "remove seccomp=unconfined, so that the engine's default profile is in force",
	MayBreak:   "Debuggers, nested containers and programs that use keyrings, userfaultfd or other refused calls.",
	Bad:        service("security_opt: [seccomp=unconfined]"),
	Good:       service("read_only: true"),
	References: []string{"CIS Docker Benchmark 1.6.0: 2.17, 5.22", "seccomp(2)", "https://docs.docker.com/engine/security/seccomp/"},
	Run:        runSeccomp,
}

func runSeccomp(w inspect.Workload, h inspect.Host) Result {
	s := w.Settings
	source := w.Sources.Of("security_opt")
	switch {
	case s.Seccomp == "unconfined":
		return noSeccomp(source, "seccomp is unconfined", "security_opt holds seccomp=unconfined.", "")
	case h.Known() && !h.Seccomp:
		return noSeccomp(inspect.Source{Origin: inspect.FromEngine}, "the engine offers no seccomp",
			"the engine does not list seccomp among its security options.", "use a kernel and an engine with seccomp")
	case s.Privileged && s.Seccomp == "":
		return noSeccomp(w.Sources.Of("privileged"), "privileged switches seccomp off", "privileged is true.", "run without privileged")
	case s.Privileged:
		return Result{State: inspect.Unknown, Reason: "whether the engine puts a profile on a privileged container depends on its version"}
	case s.Seccomp != "":
		return Result{State: inspect.Unknown, Reason: fmt.Sprintf("the profile %q is in force; what it allows was not judged", show(s.Seccomp))}
	case h.SeccompProfile == "unconfined":
		return noSeccomp(inspect.Source{Origin: inspect.FromEngine}, "the engine's default profile is unconfined",
			"the engine reports seccomp,profile=unconfined.", "remove seccomp-profile: unconfined from the engine's daemon.json")
	}
	return seccompDefault(s, h)
}

func noSeccomp(source inspect.Source, reason, evidence, fix string) Result {
	return Result{State: inspect.Open, Reason: reason, Findings: []inspect.Finding{rate(theHost, withStep, inspect.Finding{
		Evidence: evidence, Source: source, Fix: fix,
	})}}
}

// seccompDefault judges the engine's own profile, whose rules depend on the
// capabilities (moby profiles/seccomp, the rules with "includes": caps).
func seccompDefault(s inspect.Settings, h inspect.Host) Result {
	if c, _ := inspect.ParseCap("SYS_ADMIN"); s.Capabilities().Has(c) {
		return Result{State: inspect.Partly, Reason: "the default profile, opened further by the capability SYS_ADMIN"}
	}
	switch {
	case !h.Known():
		return Result{State: inspect.Closed, Reason: "the engine's default profile is assumed; no engine was asked"}
	case h.SeccompProfile != "" && h.SeccompProfile != "default" && h.SeccompProfile != "builtin":
		return Result{State: inspect.Unknown, Reason: fmt.Sprintf("the engine's own profile %q is in force; what it allows was not judged", show(h.SeccompProfile))}
	}
	return Result{State: inspect.Closed, Reason: "the engine's default profile is in force"}
}
