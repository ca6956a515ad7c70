package check

import (
	"strings"
	"testing"

	"bulkhead/inspect"
)

// proc is a process of a hardened container; the changes make it another.
func proc(changes ...func(*inspect.Process)) inspect.Process {
	p := inspect.Process{PID: 7, Command: "web", UID: 1000, NoNewPrivileges: true, Seccomp: 2, Label: "docker-default (enforce)"}
	for _, change := range changes {
		change(&p)
	}
	return p
}

// TestActual holds processes against the configuration: each flaw beside a twin
// without it.
func TestActual(t *testing.T) {
	caps := func(names ...string) inspect.CapSet { return inspect.ParseCaps(names) }
	root := func(p *inspect.Process) { p.UID, p.PID, p.Command = 0, 8, "su" }
	executed := func(p *inspect.Process) { p.Executed, p.PID, p.Command = true, 9, "sh" }
	holds := func(c inspect.CapSet) func(*inspect.Process) {
		return func(p *inspect.Process) { p.Effective, p.Bounding = c, c }
	}
	noFilter := func(p *inspect.Process) { p.Seccomp = 0 }
	mayGain := func(p *inspect.Process) { p.NoNewPrivileges = false }
	label := func(l string) func(*inspect.Process) { return func(p *inspect.Process) { p.Label = l } }

	hard := inspect.Settings{User: "1000", CapDrop: []string{"ALL"}, NoNewPrivileges: true}
	chown, rooted, loose, privileged, sandboxed := hard, hard, hard, hard, hard
	chown.CapAdd = []string{"CHOWN"}
	rooted.User = ""
	loose.Seccomp, loose.AppArmor, loose.NoNewPrivileges = "unconfined", "unconfined", false
	privileged.Privileged = true
	sandboxed.Runtime = "runsc"
	host := engineHost
	host.AppArmor = true
	selinux := engineHost
	selinux.SELinux = true
	procs := func(p ...inspect.Process) []inspect.Process { return p }

	for _, tt := range []struct {
		check, name string
		settings    inspect.Settings
		processes   []inspect.Process
		host        inspect.Host
		state       inspect.State
		want, says  string
	}{
		{"actual-user", "a process became root", hard, procs(proc(), proc(root)), host, inspect.Open, "medium", "su (PID 8)"},
		{"actual-user", "good", hard, procs(proc()), host, inspect.Closed, "", ""},
		{"actual-user", "root is configured", rooted, procs(proc(root)), host, inspect.NotApplicable, "", ""},
		{"actual-user", "an executed one is another matter", hard, procs(proc(), proc(root, executed)), host, inspect.Closed, "", ""},
		{"actual-user", "not read", hard, nil, host, inspect.NotApplicable, "", "not read"},
		{"actual-user", "a sandbox", sandboxed, procs(proc(root)), host, inspect.NotApplicable, "", "sandbox"},

		{"user-root", "the entrypoint dropped root", rooted, procs(proc()), host, inspect.Partly, "low", "drops it: its processes run as uid 1000"},
		{"user-root", "the main process keeps root", rooted, procs(proc(root), proc()), host, inspect.Open, "medium", ""},
		{"user-root", "a sandbox", func() inspect.Settings { s := sandboxed; s.User = ""; return s }(), procs(proc()), host, inspect.Open, "medium", ""},

		{"actual-capabilities", "effective beyond the configuration", hard, procs(proc(holds(caps("CHOWN")))), host, inspect.Open, "medium", "holds CHOWN beyond"},
		{"actual-capabilities", "a dangerous one", hard, procs(proc(holds(caps("SYS_ADMIN", "CHOWN")))), host, inspect.Open, "critical", "CHOWN SYS_ADMIN"},
		{"actual-capabilities", "bounding alone", hard, procs(proc(func(p *inspect.Process) { p.Bounding = caps("NET_ADMIN") })), host, inspect.Open, "medium", "NET_ADMIN"},
		{"actual-capabilities", "good", chown, procs(proc(holds(caps("CHOWN")))), host, inspect.Closed, "", ""},
		{"actual-capabilities", "privileged", privileged, procs(proc(holds(inspect.AllCaps))), host, inspect.NotApplicable, "", ""},

		{"actual-seccomp", "no filter", hard, procs(proc(), proc(noFilter)), host, inspect.Open, "high", "Seccomp 0"},
		{"actual-seccomp", "good", hard, procs(proc()), host, inspect.Closed, "", ""},
		{"actual-seccomp", "none is configured", loose, procs(proc(noFilter)), host, inspect.NotApplicable, "", ""},
		{"actual-seccomp", "the engine has none", hard, procs(proc(noFilter)), inspect.Host{Version: "29.0"}, inspect.NotApplicable, "", ""},

		{"actual-no-new-privileges", "missing", hard, procs(proc(mayGain)), host, inspect.Open, "medium", "NoNewPrivs 0"},
		{"actual-no-new-privileges", "good", hard, procs(proc()), host, inspect.Closed, "", ""},
		{"actual-no-new-privileges", "not configured", loose, procs(proc(mayGain)), host, inspect.NotApplicable, "", ""},

		{"actual-label", "unconfined", hard, procs(proc(label("unconfined"))), host, inspect.Open, "high", ""},
		{"actual-label", "only watched", hard, procs(proc(label("web (complain)"))), host, inspect.Open, "high", ""},
		{"actual-label", "no label read", hard, procs(proc(label(""))), host, inspect.Unknown, "", "no label"},
		{"actual-label", "good", hard, procs(proc()), host, inspect.Closed, "", ""},
		{"actual-label", "SELinux, separation off", hard, procs(proc(label("system_u:system_r:spc_t:s0"))), selinux, inspect.Open, "high", ""},
		{"actual-label", "SELinux, good", hard, procs(proc(label("system_u:system_r:container_t:s0:c1,c2"))), selinux, inspect.Closed, "", ""},
		{"actual-label", "none is configured", loose, procs(proc(label("unconfined"))), host, inspect.NotApplicable, "", ""},
		{"actual-label", "the host has neither", hard, procs(proc(label(""))), engineHost, inspect.NotApplicable, "", ""},

		{"executed-processes", "as root", hard, procs(proc(), proc(root, executed)), host, inspect.Partly, "low", "sh (PID 9)"},
		{"executed-processes", "privileged", hard, procs(proc(), proc(executed, holds(inspect.AllCaps))), host, inspect.Open, "critical", "SYS_ADMIN"},
		{"executed-processes", "without a filter", hard, procs(proc(), proc(executed, noFilter)), host, inspect.Open, "high", "no seccomp filter"},
		{"executed-processes", "may gain", hard, procs(proc(), proc(executed, mayGain)), host, inspect.Partly, "low", "no-new-privileges"},
		{"executed-processes", "good", hard, procs(proc(), proc(executed)), host, inspect.Closed, "", ""},
		{"executed-processes", "none", hard, procs(proc()), host, inspect.NotApplicable, "", ""},
	} {
		t.Run(tt.check+"/"+tt.name, func(t *testing.T) {
			w := container(tt.settings)
			w.Processes = tt.processes
			expect(t, tt.check, w, tt.host, tt.state, tt.want, tt.says)
		})
	}
}

// expect runs the check and compares its state and the severities of its
// findings; says is a part of what it says.
func expect(t *testing.T, id string, w inspect.Workload, h inspect.Host, state inspect.State, want, says string) {
	t.Helper()
	c, ok := ByID(id)
	if !ok {
		t.Fatal("no such check")
	}
	r := run(c, w, h)
	var severities []string
	text := r.Reason
	for _, f := range r.Findings {
		severities = append(severities, f.Severity.String())
		text += " " + f.Title + " " + f.Evidence + " " + f.Why + " " + f.Fix
		if f.Reason == "" {
			t.Errorf("the severity of %+v has no reason", f)
		}
	}
	if r.State != state || strings.Join(severities, " ") != want {
		t.Errorf("%s (%s) with findings %q, want %s with %q", r.State, r.Reason, severities, state, want)
	}
	if r.Reason == "" || !strings.Contains(text, says) {
		t.Errorf("it says %q, want it to say %q", text, says)
	}
	if text != inspect.Printable(text) {
		t.Errorf("%q is not printable", text)
	}
}

// What was read of the processes alone proves no difference of the rest.
func TestPartOfTheProcessesProvesNothing(t *testing.T) {
	w := container(inspect.Settings{User: "1000"})
	w.Processes = []inspect.Process{proc()}
	w.ProcessesUnknown = "only the first 256 of its 900 processes were read"
	expect(t, "actual-user", w, engineHost, inspect.NotApplicable, "", "only the first 256")
	w.Processes = append(w.Processes, inspect.Process{PID: 9, UID: 0})
	expect(t, "actual-user", w, engineHost, inspect.Open, "medium", "PID 9")
	w.Settings.User, w.Processes = "", w.Processes[:1]
	expect(t, "user-root", w, engineHost, inspect.Open, "medium", "")
}
