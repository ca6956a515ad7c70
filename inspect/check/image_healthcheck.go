package check

import "bulkhead/inspect"

var imageHealthcheck = Check{
	ID:       "healthcheck",
	Settings: []string{"healthcheck"},
	Layer:    inspect.LayerImage,
	Title:    "Nothing asks whether the service still works",
	Question: "Is there a healthcheck?",
	Danger: "A service that hangs, or that an attacker has stopped, counts as running: nothing restarts it and " +
		"nothing takes it out of service.",
	Read:       "healthcheck, and HEALTHCHECK in the image's configuration",
	Fix:        "add a healthcheck that asks the service what its clients ask",
	MayBreak:   "A probe that is too strict or too slow marks a working service unhealthy.",
	Bad:        service("healthcheck: {disable: true}"),
	Good:       service(`healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1/"]}`),
	References: []string{"CIS Docker Benchmark 1.6.0: 4.6, 5.27", "https://docs.docker.com/reference/dockerfile/#healthcheck"},
	Run:        runHealthcheck,
}

func runHealthcheck(w inspect.Workload, _ inspect.Host) Result {
	_, said := w.Sources["healthcheck"]
	switch {
	case w.Settings.Healthcheck.Defined:
		return Result{State: inspect.Closed, Reason: "it has a healthcheck"}
	case w.ID == "" && !said && w.ImageFacts == nil:
		return Result{State: inspect.Unknown, Reason: "no healthcheck is set here, and the image was not read"}
	case w.ID == "" && !said && w.ImageFacts.Healthcheck:
		return Result{State: inspect.Closed, Reason: "the image has a healthcheck"}
	}
	return Result{State: inspect.Partly, Reason: "it has no healthcheck", Findings: []inspect.Finding{inform(inspect.Finding{
		Evidence: "no healthcheck is in force.",
		Source:   w.Sources.Of("healthcheck"),
	})}}
}
