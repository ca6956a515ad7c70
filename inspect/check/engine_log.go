package check

import "bulkhead/inspect"

var engineLog = Check{
	ID:         "engine-log",
	Layer:      inspect.LayerEngine,
	Title:      "Containers leave no log, or one that grows without end",
	Question:   "Are logs kept, and kept from filling the disk?",
	Danger:     "Without logs nobody can tell what an intruder did. With json-file and no max-size one talkative container fills the disk of all.",
	Read:       "the engine's default log driver, and max-size of log-opts in daemon.json",
	Fix:        "set log-driver to local, journald or a remote one, or max-size for json-file",
	MayBreak:   "Programs that read the json-file logs from the disk.",
	Bad:        `{"host": {"version": "29.0", "logDriver": "none"}}`,
	Good:       `{"host": {"version": "29.0", "logDriver": "local"}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 2.13", "https://docs.docker.com/engine/logging/configure/"},
	Run:        onHost(judgeEngineLog),
}

func judgeEngineLog(h inspect.Host) Result {
	switch h.LogDriver {
	case "":
		return Result{State: inspect.Unknown, Reason: "the engine does not say its log driver"}
	case "none":
		return Result{State: inspect.Open, Reason: "nothing is logged", Findings: []inspect.Finding{rate(itself, direct, inspect.Finding{
			Title: "Containers leave no log", Evidence: "the default log driver is none.",
		})}}
	case "json-file":
		return judgeRotation(h)
	}
	return Result{State: inspect.Closed, Reason: "logs go to " + show(h.LogDriver)}
}

func judgeRotation(h inspect.Host) Result {
	switch {
	case h.Daemon == nil || h.Daemon.LogRotation == nil:
		return unreadSetting("whether json-file logs are rotated", h)
	case *h.Daemon.LogRotation:
		return Result{State: inspect.Closed, Reason: "json-file logs are rotated"}
	}
	return Result{State: inspect.Partly, Reason: "json-file logs grow without end", Findings: []inspect.Finding{rate(others, withStep, inspect.Finding{
		Title: "Logs grow without end", Evidence: "the default log driver is json-file, and log-opts has no max-size.",
	})}}
}
