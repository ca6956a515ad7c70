package check

import (
	"strings"

	"bulkhead/inspect"
)

// engineChecks hold every check of the engine itself, the gravest first. They
// look at the host alone: their Run passes over the workload.
var engineChecks = []Check{
	engineRoot,
	engineTCP,
	engineGroup,
	engineICC,
	engineNoNewPrivileges,
	engineRegistries,
	engineLog,
	engineUlimits,
	engineLiveRestore,
	engineUserlandProxy,
	engineExperimental,
}

// Engine judges the engine itself: if a container breaks out, who is it on the
// host, and what does the daemon's configuration leave open? A setting that was
// not read is unknown.
func Engine(h inspect.Host) inspect.LayerState {
	if !h.Known() {
		return inspect.LayerState{Layer: inspect.LayerEngine, State: inspect.Unknown, Reason: "no engine was asked", Findings: []inspect.Finding{}}
	}
	return joined(inspect.LayerEngine, engineChecks, inspect.Workload{}, h)
}

// onHost makes a check of the engine from a judgement of its host.
func onHost(judge func(inspect.Host) Result) func(inspect.Workload, inspect.Host) Result {
	return func(_ inspect.Workload, h inspect.Host) Result {
		r := judge(h)
		for i := range r.Findings {
			r.Findings[i].Source = inspect.Source{Origin: inspect.FromEngine}
		}
		return r
	}
}

// daemonFlag judges a switch of the daemon: bad is the value that f is about.
func daemonFlag(name string, get func(inspect.Daemon) *bool, bad bool, f inspect.Finding) func(inspect.Workload, inspect.Host) Result {
	return onHost(func(h inspect.Host) Result {
		if h.Daemon == nil || get(*h.Daemon) == nil {
			return unreadSetting(name, h)
		}
		words := map[bool]string{true: "on", false: "off"}
		if *get(*h.Daemon) != bad {
			return Result{State: inspect.Closed, Reason: name + " is " + words[!bad]}
		}
		f.Evidence = name + " is " + words[bad] + "."
		if len(h.Daemon.Sources) > 0 {
			f.Evidence = name + " is " + words[bad] + ", by " + show(list(h.Daemon.Sources)) + "."
		}
		return Result{State: inspect.Partly, Reason: name + " is " + words[bad], Findings: []inspect.Finding{f}}
	})
}

// unreadSetting is unknown, with what the reader said of it.
func unreadSetting(name string, h inspect.Host) Result {
	why := name + " could not be read"
	if h.Daemon != nil && len(h.Daemon.Unread) > 0 {
		why += ": " + strings.TrimSuffix(show(strings.Join(h.Daemon.Unread, " ")), ".")
	}
	return Result{State: inspect.Unknown, Reason: why}
}
