package check

import "bulkhead/inspect"

var detection = Check{
	ID:       "detection",
	Layer:    inspect.LayerDetection,
	Title:    "Nothing watches what runs",
	Question: "Would anyone notice an intruder?",
	Danger:   "An intruder who is not noticed has all the time there is. Walls delay; somebody must see the delay.",
	Read:     "the containers and processes of the engine's host: does run-time detection such as Falco run among them?",
	Fix:      "run Falco or a like program on the host, with rules for what this service normally does",
	MayBreak: "Nothing; detection takes processor time, and somebody must read what it reports.",
	Bad:      `{"host": {"version": "29.0", "local": true}}`,
	Good:     `{"host": {"version": "29.0", "local": true, "detection": "Falco"}}`,
	References: []string{
		"https://falco.org/docs/", "MITRE ATT&CK: Containers matrix",
	},
	Run: runDetection,
}

func runDetection(_ inspect.Workload, h inspect.Host) Result {
	switch {
	case h.Detection != "":
		return Result{State: inspect.Closed, Reason: show(h.Detection) + " runs on the host; its rules were not judged"}
	case h.DetectionUnknown != "":
		return Result{State: inspect.Unknown, Reason: show(h.DetectionUnknown)}
	case !h.Known():
		return Result{State: inspect.Unknown, Reason: "no engine was asked"}
	}
	return Result{State: inspect.Open, Reason: "no run-time detection was seen on the host", Findings: []inspect.Finding{inform(inspect.Finding{
		Evidence: "neither a container nor a process of known run-time detection was seen.",
	})}}
}
