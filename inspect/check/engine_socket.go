package check

import (
	"fmt"
	"path"

	"bulkhead/inspect"
)

var engineSocket = Check{
	ID:       "engine-socket",
	Settings: []string{"volumes"},
	Layer:    inspect.LayerBoundary,
	Title:    "The engine's socket is inside",
	Question: "Can it command the engine?",
	Danger: "Whoever reaches the socket can start a privileged container with the host's disk inside, and is root on the host. " +
		"Mounting it read-only protects nothing: that keeps the file from being replaced, not the engine from being called.",
	Read: "volumes: sources and targets that are named like an engine's socket, or like a directory in which engines keep theirs; on a local engine, links in the source are followed",
	Fix: "put a filtering socket proxy between, which lets through only the calls that are needed: " +
		"`bulkhead observe TARGET --socket` learns them on a copy, `bulkhead write TARGET --to socketproxy` writes the proxy",
	MayBreak:   "Reverse proxies, dashboards, CI runners and updaters that talk to the engine; most need only a few read-only calls.",
	Bad:        service("volumes: [/var/run/docker.sock:/var/run/docker.sock:ro]"),
	Good:       service("environment: {DOCKER_HOST: \"tcp://socket-proxy:2375\"}"),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.32", "OWASP Docker Security Cheat Sheet: rule 1", "https://docs.docker.com/engine/security/#docker-daemon-attack-surface"},
	Run:        runEngineSocket,
}

func runEngineSocket(w inspect.Workload, h inspect.Host) Result {
	var findings []inspect.Finding
	for _, m := range w.Settings.Mounts {
		evidence := socketEvidence(m)
		if evidence == "" {
			continue
		}
		f := rate(theHost, direct, inspect.Finding{
			Evidence: evidence,
			Source:   mountSource(w, m),
		})
		if path.Base(m.Source) != "docker.sock" && path.Base(m.Resolved) != "docker.sock" {
			f.Title = "A directory or socket of an engine is inside"
		}
		if at, _ := m.DockerSocket(); at != "" {
			f.Fix = fmt.Sprintf("put a filtering socket proxy between: bulkhead observe %s --socket, then bulkhead write %[1]s --to socketproxy", show(w.Name))
		}
		if m.ReadOnly {
			f.Evidence += " It is mounted read-only, which protects nothing here."
		}
		if h.Rootless {
			f = rate(others, direct, f)
		}
		findings = append(findings, f)
	}
	return judged(findings, "no engine socket", "it can command the engine")
}

// socketEvidence says how the mount leads to an engine, or "": by the names that
// it was written with, else by where the source leads.
func socketEvidence(m inspect.Mount) string {
	if m.Type != inspect.BindMount {
		return ""
	}
	source, resolved := path.Clean(m.Source), path.Clean(m.Resolved)
	switch {
	case inspect.EngineSocket(source):
		return fmt.Sprintf("volumes holds %s at %s.", show(source), show(m.Target))
	case inspect.EngineSocket(m.Target):
		return fmt.Sprintf("volumes holds %s at %s, where programs look for an engine.", show(source), show(m.Target))
	case inspect.EngineSocketDir(source):
		return fmt.Sprintf("volumes holds the directory %s at %s, where engines keep their sockets.", show(source), show(m.Target))
	case inspect.EngineSocket(resolved):
		return fmt.Sprintf("volumes holds %s at %s, which leads to %s.", show(source), show(m.Target), show(resolved))
	case inspect.EngineSocketDir(resolved):
		return fmt.Sprintf("volumes holds %s at %s, which leads to the directory %s, where engines keep their sockets.",
			show(source), show(m.Target), show(resolved))
	}
	return ""
}

// mountSource is where the mount was written.
func mountSource(w inspect.Workload, m inspect.Mount) inspect.Source {
	if m.Setting == "" {
		return w.Sources.Of("volumes")
	}
	return w.Sources.Of(m.Setting, "volumes")
}
