package check

import (
	"fmt"

	"bulkhead/inspect"
)

var secretLabels = Check{
	ID:       "secret-labels",
	Settings: []string{"labels"},
	Layer:    inspect.LayerSecrets,
	Title:    "A secret is in a label",
	Question: "Do labels hold secrets?",
	Danger:   "Everyone and every program that may list containers reads labels: reverse proxies, dashboards, monitoring.",
	Read:     "the names of labels whose value looks like a secret. Values are never kept",
	Fix:      "move the value into a file or a run-time secret that only its reader can open",
	MayBreak: "Reverse proxies that take passwords from labels; most can read a file instead.",
	Bad:      service("labels: {traefik.http.middlewares.auth.basicauth.users: \"ann:$$apr1$$example\"}"),
	Good:     service("labels: {traefik.http.routers.web.middlewares: users@file}"),
	References: []string{
		"CIS Docker Benchmark 1.6.0: 4.10", "OWASP Docker Security Cheat Sheet: rule 12", "https://docs.docker.com/engine/manage-resources/labels/",
	},
	Run: runSecretLabels,
}

func runSecretLabels(w inspect.Workload, _ inspect.Host) Result {
	var findings []inspect.Finding
	for _, name := range w.SecretLabels {
		findings = append(findings, rate(others, withStep, inspect.Finding{
			Title:    fmt.Sprintf("The label %s looks like a secret", show(name)),
			Evidence: fmt.Sprintf("labels holds %s. Its value was not kept.", show(name)),
			Source:   w.Sources.Of("labels."+name, "labels"),
		}))
	}
	return judged(findings, "no label looks like a secret", count(len(findings), "label")+" looking like a secret")
}
