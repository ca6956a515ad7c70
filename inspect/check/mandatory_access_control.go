package check

import (
	"fmt"
	"slices"

	"bulkhead/inspect"
)

var mandatoryAccessControl = Check{
	ID:       "mandatory-access-control",
	Settings: []string{"security_opt", "privileged", "pid", "ipc"},
	Layer:    inspect.LayerMAC,
	Title:    "Mandatory access control is switched off",
	Question: "Is the container confined by the host's AppArmor or SELinux?",
	Danger: "The engine's profile refuses mounts, writes to the kernel's files and signals to other containers whatever user and " +
		"capabilities a process has. Without it a flaw in one of those walls is enough.",
	Read:     "security_opt (apparmor=…, label=…), privileged, pid and ipc; and whether the engine lists apparmor or selinux among its security options",
	Fix:      "remove apparmor=unconfined or label=disable, so that the engine's default is in force",
	MayBreak: "Nested engines and programs that mount file systems or trace others; a profile of their own is better than none.",
	Bad:      service("security_opt: [apparmor=unconfined]"),
	Good:     service("security_opt: [no-new-privileges:true]"),
	References: []string{
		"CIS Docker Benchmark 1.6.0: 5.2, 5.3", "OWASP Docker Security Cheat Sheet: rule 6", "https://docs.docker.com/engine/security/apparmor/",
	},
	Run: runMandatoryAccessControl,
}

func runMandatoryAccessControl(w inspect.Workload, h inspect.Host) Result {
	s := w.Settings
	switch {
	case h.Known() && !h.AppArmor && !h.SELinux:
		return Result{State: inspect.NotApplicable, Reason: "the engine's host has neither AppArmor nor SELinux"}
	case h.SELinux:
		return selinuxResult(w)
	case h.AppArmor:
		return appArmorResult(w)
	case s.AppArmor == "unconfined":
		return unconfined(w, "AppArmor is unconfined", "security_opt holds apparmor=unconfined.", "security_opt")
	case slices.Contains(s.SELinux, "disable"):
		return unconfined(w, "SELinux separation is off", "security_opt holds label=disable.", "security_opt")
	}
	return Result{State: inspect.Unknown, Reason: "no engine was asked which of AppArmor and SELinux its host has"}
}

// appArmorResult follows moby daemon/apparmor_default.go: a privileged container
// is unconfined unless a profile is named.
func appArmorResult(w inspect.Workload) Result {
	switch profile := w.Settings.AppArmor; {
	case profile == "unconfined":
		return unconfined(w, "AppArmor is unconfined", "security_opt holds apparmor=unconfined.", "security_opt")
	case profile == "" && w.Settings.Privileged:
		return unconfined(w, "privileged switches AppArmor off", "privileged is true.", "privileged")
	case profile != "":
		return Result{State: inspect.Unknown, Reason: fmt.Sprintf("the profile %q is in force; what it allows was not judged", show(profile))}
	}
	return Result{State: inspect.Closed, Reason: "the engine's AppArmor profile is in force"}
}

// selinuxResult follows moby daemon/create.go, generateSecurityOpt: privileged
// and the host's pid or ipc namespace disable the container's label.
func selinuxResult(w inspect.Workload) Result {
	s := w.Settings
	switch {
	case slices.Contains(s.SELinux, "disable"):
		return unconfined(w, "SELinux separation is off", "security_opt holds label=disable.", "security_opt")
	case s.Privileged:
		return unconfined(w, "privileged switches SELinux separation off", "privileged is true.", "privileged")
	case s.Namespaces.PID == "host":
		return unconfined(w, "pid: host switches SELinux separation off", "pid is host.", "pid")
	case s.Namespaces.IPC == "host":
		return unconfined(w, "ipc: host switches SELinux separation off", "ipc is host.", "ipc")
	case len(s.SELinux) > 0:
		return Result{State: inspect.Unknown, Reason: fmt.Sprintf("the label options %q are in force; what they allow was not judged", show(list(s.SELinux)))}
	}
	return Result{State: inspect.Closed, Reason: "the engine's SELinux type is in force"}
}

func unconfined(w inspect.Workload, reason, evidence, setting string) Result {
	f := rate(theHost, withStep, inspect.Finding{Evidence: evidence, Source: w.Sources.Of(setting)})
	if setting != "security_opt" {
		f.Fix = "remove " + setting + ", or name a profile of its own"
	}
	return Result{State: inspect.Open, Reason: reason, Findings: []inspect.Finding{f}}
}
