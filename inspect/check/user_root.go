package check

import (
	"fmt"

	"bulkhead/inspect"
)

var userRoot = Check{
	ID:       "user-root",
	Settings: []string{"user"},
	Layer:    inspect.LayerUser,
	Title:    "The process runs as root",
	Question: "Does the main process start as uid 0?",
	Danger: "Root inside owns every file of the image, holds the container's capabilities, and is uid 0 on the host too " +
		"unless the engine maps users: any flaw in the other walls is then a flaw with root's rights.",
	Read: "user, here and in the image; and, of a running container, the uid of its processes",
	Fix:  "run as another user (user: \"1000:1000\"), or let the entrypoint drop root and keep only the capabilities that takes",
	MayBreak: "Services that change the owner of their data at start, bind a port under 1024 on the host's network, " +
		"or read files that only root may read.",
	Bad:        service(`user: root`),
	Good:       service(`user: "1000:1000"`),
	References: []string{"CIS Docker Benchmark 1.6.0: 4.1", "OWASP Docker Security Cheat Sheet: rule 2", "user_namespaces(7)"},
	Run:        runUserRoot,
}

func runUserRoot(w inspect.Workload, h inspect.Host) Result {
	s := w.Settings
	if !s.Root() {
		return Result{State: inspect.Closed, Reason: fmt.Sprintf("starts as user %q", show(s.User))}
	}
	source := w.Sources.Of("user")
	if w.ID == "" && s.User == "" && w.ImageFacts != nil {
		s.User = w.ImageFacts.User
		if !s.Root() {
			return Result{State: inspect.Closed, Reason: fmt.Sprintf("the image starts as user %q", show(s.User))}
		}
	} else if w.ID == "" && s.User == "" {
		return Result{
			State:  inspect.Unknown,
			Reason: "no user is set, so the image decides, and no container was read",
			Findings: []inspect.Finding{rate(itself, withStep, inspect.Finding{
				Title: "The user is left to the image", Source: source,
				Evidence: "user is not set. Most images then run as root.",
			})},
		}
	}
	f := rate(itself, direct, inspect.Finding{Source: source, Evidence: "user is not set, neither here nor in the image: the engine runs it as root."})
	if s.User != "" {
		f.Evidence = fmt.Sprintf("user is %q.", show(s.User))
	}
	if how := dropped(w, h); how != "" {
		f = rate(itself, withStep, f)
		f.Why = "At start, after each restart and for everyone who executes a command inside it is root."
		return Result{State: inspect.Partly, Reason: how, Findings: []inspect.Finding{f}}
	}
	if mapped := mappedBy(s, h); mapped != "" {
		f = rate(itself, withStep, f)
		return Result{State: inspect.Partly, Reason: "root inside, but " + mapped, Findings: []inspect.Finding{f}}
	}
	return Result{State: inspect.Open, Reason: "starts as root", Findings: []inspect.Finding{f}}
}

// mappedBy says how the engine keeps root inside from being root outside, or "".
func mappedBy(s inspect.Settings, h inspect.Host) string {
	switch {
	case h.Rootless:
		return "the engine is rootless: outside it is an ordinary user"
	case h.UsernsRemap && s.Namespaces.User != "host":
		return "the engine maps users: outside it is another uid"
	}
	return ""
}
