package check

import (
	"fmt"
	"slices"

	"bulkhead/inspect"
)

var capabilities = Check{
	ID:       "capabilities",
	Settings: []string{"cap_add", "cap_drop", "privileged"},
	Layer:    inspect.LayerCapabilities,
	Title:    "Holds the engine's default capabilities",
	Question: "Which of root's powers does the container hold?",
	Danger: "Every capability is a part of root's power. Services use a few of the 14 that the engine gives; " +
		"the rest only serve an intruder, for instance to forge packets (NET_RAW) or to pass over file permissions (DAC_OVERRIDE).",
	Read:       "cap_add, cap_drop, privileged and user",
	Fix:        "drop all capabilities, then add back what a trial proves to be needed",
	MayBreak:   "Whatever needs a capability that was dropped, sometimes late: at login, on restart, or only when it stops. Try it on a copy first.",
	Bad:        service("cap_drop: [ALL]", "cap_add: [SYS_ADMIN]"),
	Good:       service("cap_drop: [ALL]", "cap_add: [CHOWN, SETGID, SETUID]"),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.4", "OWASP Docker Security Cheat Sheet: rule 3", "capabilities(7)"},
	Run:        runCapabilities,
}

func runCapabilities(w inspect.Workload, h inspect.Host) Result {
	s := w.Settings
	held := s.Capabilities()
	findings := dangerousAdditions(w, h)
	r := Result{State: capabilityState(s, held), Reason: capabilityReason(s, held), Findings: findings}
	if added := judged(findings, "", "").State; added.Worse(r.State) {
		r.State = added
	}
	if s.Privileged || len(findings) > 0 {
		// The gravest is said; the defaults beside it are no news.
		return r
	}
	if extra := defaultsHeld(held); extra != 0 && !slices.Contains(s.CapDrop, "ALL") {
		r.Findings = append(r.Findings, defaultFinding(w, extra))
	}
	return r
}

// defaultsHeld is what the container holds of the engine's default set.
func defaultsHeld(held inspect.CapSet) inspect.CapSet { return held.Intersect(inspect.DefaultCaps) }

func defaultFinding(w inspect.Workload, held inspect.CapSet) inspect.Finding {
	f := rate(itself, direct, inspect.Finding{
		Evidence: fmt.Sprintf("cap_drop does not hold ALL; of the engine's defaults it keeps %s.", held),
		Source:   w.Sources.Of("cap_drop", "cap_add"),
	})
	if len(w.Settings.CapDrop) > 0 {
		f.Title = "Keeps default capabilities that were not chosen"
	}
	if !w.Settings.Root() {
		f = rate(itself, withStep, f)
		f.Why = "The process is not root and holds none of them itself. They are its bounding set: " +
			"what a setuid program or a file with capabilities can still give it."
	}
	return f
}

// capabilityState judges the set as a whole. With cap_drop ALL every capability
// that is left was chosen by someone; without it the engine chose.
func capabilityState(s inspect.Settings, held inspect.CapSet) inspect.State {
	switch {
	case s.Privileged || held.Without(inspect.DefaultCaps) != 0 && held.Has(inspect.DefaultCaps):
		return inspect.Open
	case held == 0, slices.Contains(s.CapDrop, "ALL") && !held.Has(inspect.DefaultCaps):
		return inspect.Closed
	case !s.Root() && s.NoNewPrivileges:
		return inspect.Closed
	case !s.Root(), !held.Has(inspect.DefaultCaps):
		return inspect.Partly
	default:
		return inspect.Open
	}
}

func capabilityReason(s inspect.Settings, held inspect.CapSet) string {
	var reason string
	switch {
	case s.Privileged:
		return "privileged: it holds every capability"
	case held == 0:
		return "it holds none"
	case held == inspect.DefaultCaps:
		reason = "it holds the engine's default set"
	case slices.Contains(s.CapDrop, "ALL"):
		reason = "all dropped but " + held.String()
	default:
		reason = "it holds " + held.String()
	}
	if !s.Root() {
		reason += ", as its bounding set: a process that is not root holds none itself"
		if s.NoNewPrivileges {
			reason += ", and no-new-privileges keeps it so"
		}
	}
	return reason
}
