package tuitest

import "bulkhead/inspect"

func web() inspect.Audited {
	w := service("web", "bulkhead-lab/web:1", 17)
	w.Settings.Ports = []inspect.Port{{HostPort: 18080, Container: 80, Protocol: "tcp"}}
	w.Processes = webProcesses()
	here := at(17, 3)
	return judged(w,
		layer(inspect.LayerUser, inspect.Open, "The main process starts as root.", rootUser(here)),
		layer(inspect.LayerCapabilities, inspect.Partly, "It holds the 14 capabilities that the engine gives by default.", defaultCaps(here)),
		layer(inspect.LayerSeccomp, inspect.Partly, "The engine's default profile filters syscalls, but not those of every process.", inspect.Finding{
			ID: "process-unfiltered", Severity: inspect.High, Title: "A running process has no syscall filter",
			Evidence: "sh (PID 5120), started by exec, has Seccomp 0",
			Why:      "What was executed into the container with --privileged holds more than the container does.",
			Reason:   "Close to the host's root is gained, as long as the process runs.",
			Source:   here, Fix: "end the process, and execute without --privileged",
			References: []string{"CIS Docker Benchmark 5.23", "proc_pid_status(5)"},
		}),
		layer(inspect.LayerRootFS, inspect.Open, "The root filesystem is writable.", writableRoot(here)),
		layer(inspect.LayerEscalation, inspect.Open, "no-new-privileges is not set.", newPrivileges(here)),
		layer(inspect.LayerBoundary, inspect.Closed, "No host namespace, device or sensitive path is inside."),
		layer(inspect.LayerNetwork, inspect.Partly, "Port 80 is published on every address of the host.", inspect.Finding{
			ID: "port-all-addresses", Severity: inspect.Low, Title: "Port 18080 is published on every address",
			Evidence: "ports: 18080:80/tcp without a host address",
			Why:      "Everyone who reaches the host reaches the service, past the host's own firewall rules.",
			Source:   at(20, 9), Fix: "publish it on 127.0.0.1 where only this machine needs it",
			References: []string{"CIS Docker Benchmark 5.14"},
		}),
		layer(inspect.LayerLimits, inspect.Open, "Neither memory nor the number of processes is limited.", noLimits(here)),
	)
}

func store() inspect.Audited {
	here := at(26, 3)
	return judged(service("store", "bulkhead-lab/store:1", 26),
		layer(inspect.LayerUser, inspect.Open, "The main process starts as root.", rootUser(here)),
		layer(inspect.LayerCapabilities, inspect.Partly, "It holds the 14 capabilities that the engine gives by default.", defaultCaps(here)),
		layer(inspect.LayerSeccomp, inspect.Closed, "The engine's default profile filters syscalls."),
		layer(inspect.LayerRootFS, inspect.Open, "The root filesystem is writable.", writableRoot(here)),
		layer(inspect.LayerEscalation, inspect.Open, "no-new-privileges is not set.", newPrivileges(here)),
		layer(inspect.LayerBoundary, inspect.Closed, "No host namespace, device or sensitive path is inside."),
		layer(inspect.LayerNetwork, inspect.Closed, "Nothing is published."),
		layer(inspect.LayerLimits, inspect.Partly, "The number of processes is limited, memory is not.", noLimits(here)),
	)
}

func ping() inspect.Audited {
	here := at(34, 3)
	return judged(service("ping", "bulkhead-lab/ping:1", 34),
		layer(inspect.LayerUser, inspect.Closed, "The main process runs as 65534."),
		layer(inspect.LayerCapabilities, inspect.Partly, "Its bounding set holds the 14 default capabilities.", defaultCaps(here)),
		layer(inspect.LayerSeccomp, inspect.Closed, "The engine's default profile filters syscalls."),
		layer(inspect.LayerRootFS, inspect.Closed, "The root filesystem is read-only."),
		layer(inspect.LayerEscalation, inspect.Open, "no-new-privileges is not set.", newPrivileges(here)),
		layer(inspect.LayerBoundary, inspect.Closed, "No host namespace, device or sensitive path is inside."),
		layer(inspect.LayerNetwork, inspect.Closed, "Nothing is published."),
		layer(inspect.LayerLimits, inspect.Closed, "Memory and processes are limited."),
	)
}

func admin() inspect.Audited {
	here := at(46, 3)
	w := service("admin", "bulkhead-lab/admin:1", 46)
	w.Settings.CapAdd = []string{"NET_ADMIN", "SYS_ADMIN"}
	return judged(w,
		layer(inspect.LayerUser, inspect.Open, "The main process starts as root.", rootUser(here)),
		layer(inspect.LayerCapabilities, inspect.Open, "SYS_ADMIN is close to being root on the host.", inspect.Finding{
			ID: "caps-dangerous", Severity: inspect.High, Title: "SYS_ADMIN and NET_ADMIN are added",
			Evidence: "cap_add: SYS_ADMIN, NET_ADMIN",
			Why:      "SYS_ADMIN opens mount, namespaces and 24 more doors of the default seccomp profile.",
			Source:   at(49, 7), Fix: "drop all capabilities and add those that a trial proves to be needed",
			References: []string{"CIS Docker Benchmark 5.4", "capabilities(7)"},
		}),
		layer(inspect.LayerSeccomp, inspect.Open, "seccomp is unconfined.", inspect.Finding{
			ID: "seccomp-unconfined", Severity: inspect.High, Title: "No syscall is filtered",
			Evidence: "security_opt: seccomp:unconfined",
			Why:      "Every syscall of the kernel can be tried, also those that most exploits begin with.",
			Source:   at(53, 9), Fix: "remove seccomp:unconfined, so that the engine's default profile holds again",
			References: []string{"CIS Docker Benchmark 5.22"},
		}),
		layer(inspect.LayerRootFS, inspect.Open, "The root filesystem is writable.", writableRoot(here)),
		layer(inspect.LayerEscalation, inspect.Open, "no-new-privileges is not set.", newPrivileges(here)),
		layer(inspect.LayerBoundary, inspect.Open, "The engine's socket is inside, and the host's processes are visible.", inspect.Finding{
			ID: "engine-socket", Severity: inspect.Critical, Title: "The engine's socket is inside",
			Evidence: "volumes: /var/run/docker.sock:/var/run/docker.sock",
			Why:      "Whoever can write to it starts a privileged container and owns the host. Read-only does not help.",
			Source:   at(60, 9), Fix: "remove the mount, or put a filtering proxy in front of the socket",
			References: []string{"CIS Docker Benchmark 5.32"},
		}, inspect.Finding{
			ID: "pid-host", Severity: inspect.High, Title: "It shares the host's process namespace",
			Evidence: "pid: host",
			Why:      "It sees every process of the host, and as root can read their environment and signal them.",
			Source:   at(48, 5), Fix: "remove pid: host",
			References: []string{"CIS Docker Benchmark 5.16"},
		}),
		layer(inspect.LayerNetwork, inspect.Closed, "Nothing is published."),
		layer(inspect.LayerLimits, inspect.Open, "Neither memory nor the number of processes is limited.", noLimits(here)),
	)
}

func postgres() inspect.Audited {
	engine := inspect.Source{Origin: inspect.FromEngine}
	w := inspect.Workload{
		Name: "pg-staging", Container: "pg-staging", ID: "c0ffee", Image: "postgres:17-bookworm", State: inspect.Running,
		Sources: inspect.Sources{"": {Origin: inspect.FromRun}},
	}
	return judged(w,
		layer(inspect.LayerUser, inspect.Open, "The main process starts as root.", rootUser(inspect.Source{Origin: inspect.FromImage})),
		layer(inspect.LayerCapabilities, inspect.Partly, "It holds the 14 capabilities that the engine gives by default.", defaultCaps(engine)),
		layer(inspect.LayerSeccomp, inspect.Closed, "The engine's default profile filters syscalls."),
		layer(inspect.LayerRootFS, inspect.Open, "The root filesystem is writable.", writableRoot(engine)),
		layer(inspect.LayerEscalation, inspect.Closed, "no-new-privileges is set."),
		layer(inspect.LayerBoundary, inspect.Closed, "No host namespace, device or sensitive path is inside."),
		layer(inspect.LayerNetwork, inspect.Closed, "Published on 127.0.0.1 alone."),
		layer(inspect.LayerSecrets, inspect.Open, "POSTGRES_PASSWORD is in the environment.", inspect.Finding{
			ID: "secret-env", Severity: inspect.Medium, Title: "A variable looks like a secret",
			Evidence: "environment: POSTGRES_PASSWORD (its value is not shown)",
			Why:      "Every process inside and everyone who may inspect the container can read it.",
			Reason:   "A secret is gained by whoever is inside already.",
			Source:   engine, Fix: "hand it over as a run-time secret in a file", References: []string{"OWASP Docker Security Cheat Sheet, rule 12"},
		}),
		layer(inspect.LayerLimits, inspect.Partly, "Memory is limited, the number of processes is not.", noLimits(engine)),
	)
}

func redis() inspect.Audited {
	w := inspect.Workload{
		Name: "redis-old", Container: "redis-old", ID: "decaf", Image: "registry.example.com/platform/redis:7.4.1", State: inspect.Exited,
		Sources:          inspect.Sources{"": {Origin: inspect.FromRun}},
		ProcessesUnknown: "The container is not running.",
	}
	return judged(w,
		layer(inspect.LayerUser, inspect.Unknown, "The image is gone, so its user is not known."),
		layer(inspect.LayerCapabilities, inspect.Closed, "No capability is granted."),
		layer(inspect.LayerSeccomp, inspect.Closed, "The engine's default profile filters syscalls."),
		layer(inspect.LayerRootFS, inspect.Closed, "The root filesystem is read-only."),
		layer(inspect.LayerEscalation, inspect.Closed, "no-new-privileges is set."),
		layer(inspect.LayerBoundary, inspect.Closed, "No host namespace, device or sensitive path is inside."),
		layer(inspect.LayerNetwork, inspect.NotApplicable, "It has no network."),
		layer(inspect.LayerLimits, inspect.Closed, "Memory and processes are limited."),
	)
}
