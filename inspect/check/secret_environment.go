package check

import (
	"fmt"
	"slices"

	"bulkhead/inspect"
)

var secretEnvironment = Check{
	ID:       "secret-environment",
	Settings: []string{"environment", "env_file"},
	Layer:    inspect.LayerSecrets,
	Title:    "A secret is in the environment",
	Question: "Do variables hold secrets?",
	Danger: "An environment is read by everyone who may inspect the container, by every program inside, through /proc and " +
		"in crash reports. A flaw that only reads gives the secret away.",
	Read:       "the names of the environment's variables. Values are never read out",
	Fix:        "give it as a run-time secret: a file under /run/secrets, named by a variable that ends in _FILE",
	MayBreak:   "Services that read the variable alone; many official images know NAME_FILE too.",
	Bad:        service("environment: {DB_PASSWORD: example}"),
	Good:       service("environment: {DB_PASSWORD_FILE: /run/secrets/db}"),
	References: []string{"CIS Docker Benchmark 1.6.0: 4.10", "OWASP Docker Security Cheat Sheet: rule 12", "https://docs.docker.com/compose/how-tos/use-secrets/"},
	Run:        runSecretEnvironment,
}

func runSecretEnvironment(w inspect.Workload, _ inspect.Host) Result {
	var findings []inspect.Finding
	for _, name := range w.Settings.Env {
		if !inspect.SecretName(name) {
			continue
		}
		f := rate(others, withStep, inspect.Finding{
			Title:    fmt.Sprintf("The variable %s looks like a secret", show(name)),
			Evidence: fmt.Sprintf("environment holds %s. Its value was not read.", show(name)),
			Source:   w.Sources.Of("environment."+name, "environment", "env_file"),
		})
		if movable(w, name) {
			f.Changes = []inspect.Change{inspect.MoveSecret(w.Service, w.Image, name)}
			f.Fix = fmt.Sprintf("move it into a Compose secret: bulkhead write %s --move-secret %s", show(w.Name), show(name))
		}
		findings = append(findings, f)
	}
	return judged(findings, "no variable is named like a secret; image layers and files were not searched",
		count(len(findings), "variable")+" named like a secret")
}

// movable says whether the service can be told to read the variable from a
// file: its own environment sets it, and its image reads such files as root.
func movable(w inspect.Workload, name string) bool {
	file, user, known := inspect.SecretFile(w.Image, name)
	_, own := w.Sources["environment."+name]
	return known && own && w.Settings.Root() && user == "" && w.IsService() && !slices.Contains(w.Settings.Env, file)
}
