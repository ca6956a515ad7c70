package check

import "bulkhead/inspect"

var engineRegistries = Check{
	ID:         "engine-registries",
	Layer:      inspect.LayerEngine,
	Title:      "Images may come from a registry that proves nothing",
	Question:   "Does the engine pull without verified TLS?",
	Danger:     "Whoever stands between the engine and the registry can put another image in the place of the one that was asked for.",
	Read:       "the insecure registries that the engine reports, beyond the loopback range",
	Fix:        "give the registry a certificate and take it out of insecure-registries",
	MayBreak:   "Pulls from that registry until its certificate is trusted.",
	Bad:        `{"host": {"version": "29.0", "daemon": {"insecureRegistries": ["registry.example:5000"]}}}`,
	Good:       `{"host": {"version": "29.0", "daemon": {}}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 2.5", "https://docs.docker.com/reference/cli/dockerd/#insecure-registries"},
	Run:        onHost(judgeEngineRegistries),
}

func judgeEngineRegistries(h inspect.Host) Result {
	if h.Daemon == nil {
		return unreadSetting("which registries are insecure", h)
	}
	var findings []inspect.Finding
	for _, registry := range h.Daemon.InsecureRegistries {
		findings = append(findings, rate(others, withStep, inspect.Finding{Evidence: "insecure-registries holds " + show(registry) + "."}))
	}
	return judged(findings, "no insecure registry", count(len(findings), "insecure registry entry"))
}
