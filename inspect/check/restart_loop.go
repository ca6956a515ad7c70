package check

import (
	"fmt"

	"bulkhead/inspect"
)

var restartLoop = Check{
	ID:       "restart-loop",
	Settings: []string{"restart", "deploy"},
	Layer:    inspect.LayerLimits,
	Title:    "Restarts are not limited",
	Question: "Does it give up after a number of restarts?",
	Danger: "A service that dies at once is started for ever: it hides the fault, fills logs, and gives an attacker " +
		"as many tries at a flaw that crashes it. The engine waits longer between restarts, up to a minute.",
	Read:       "restart and deploy.restart_policy",
	Fix:        "use restart: on-failure:5 where giving up is better than trying on",
	MayBreak:   "A service that would come back by itself after a long outage of something it needs.",
	Bad:        service("restart: always"),
	Good:       service("restart: on-failure:5"),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.15", "https://docs.docker.com/engine/containers/start-containers-automatically/"},
	Run:        runRestartLoop,
}

func runRestartLoop(w inspect.Workload, _ inspect.Host) Result {
	policy, tries := w.Settings.Restart, w.Settings.RestartTries
	if policy == "" || tries > 0 {
		return Result{State: inspect.Closed, Reason: "it is not restarted for ever"}
	}
	return Result{State: inspect.Closed, Reason: "it is restarted without a limit", Findings: []inspect.Finding{inform(inspect.Finding{
		Evidence: fmt.Sprintf("restart is %s, which has no limit.", show(policy)),
		Source:   w.Sources.Of("restart", "deploy.restart_policy", "deploy"),
	})}}
}
