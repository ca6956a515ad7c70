package check

import "bulkhead/inspect"

var noNewPrivileges = Check{
	ID:       "no-new-privileges",
	Settings: []string{"security_opt"},
	Layer:    inspect.LayerEscalation,
	Title:    "Setuid programs may raise privileges",
	Question: "Can a setuid program or a file with capabilities raise privileges?",
	Danger: "A process that is not root can become root inside through a flawed setuid program of the image, " +
		"su, mount or sudo for instance, and win back capabilities of the bounding set.",
	Read:       "security_opt (no-new-privileges), and the engine's default",
	Fix:        "set no-new-privileges (security_opt: no-new-privileges:true)",
	MayBreak:   "sudo, ping and other programs that live by setuid or file capabilities; entrypoints that drop root with gosu or setpriv keep working.",
	Bad:        service("security_opt: [no-new-privileges:false]"),
	Good:       service("security_opt: [no-new-privileges:true]"),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.26", "OWASP Docker Security Cheat Sheet: rule 4", "PR_SET_NO_NEW_PRIVS in prctl(2)"},
	Run:        runNoNewPrivileges,
}

func runNoNewPrivileges(w inspect.Workload, h inspect.Host) Result {
	s := w.Settings
	switch {
	case s.NoNewPrivileges:
		return Result{State: inspect.Closed, Reason: "no-new-privileges is set"}
	case h.NoNewPrivileges:
		return Result{State: inspect.Closed, Reason: "the engine sets no-new-privileges by default"}
	}
	f := rate(itself, direct, inspect.Finding{
		Evidence: "security_opt does not hold no-new-privileges.",
		Source:   w.Sources.Of("security_opt"),
		Changes:  []inspect.Change{{Dial: inspect.DialNoNewPrivileges}},
	})
	if s.Root() {
		f = rate(itself, withStep, f)
		f.Why = "The process starts as root. Once it drops to another user, that user can come back to root " +
			"through a flawed setuid program of the image."
	}
	return Result{State: inspect.Open, Reason: "setuid programs may raise privileges", Findings: []inspect.Finding{f}}
}
