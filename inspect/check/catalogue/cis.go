package catalogue

import (
	"fmt"
	"strings"
)

// Recommendation is one recommendation of the CIS Docker Benchmark 1.6.0, and
// what bulkhead does about it.
type Recommendation struct {
	Number, Title string
	// Verified says that number and title were held against a published
	// implementation of version 1.6.0; the others stand as in versions near it.
	Verified bool
	// Checks are the IDs of the checks that answer it; where there are none, or
	// they answer a part, Reason says why.
	Checks []string
	Reason string
}

// CIS returns the recommendations of the sections 2 (daemon), 4 (images) and 5
// (containers), in order. Sections 1, 3, 6 and 7 speak of the host's files,
// of operations and of Swarm.
func CIS() []Recommendation {
	is := func(ids ...string) []string { return ids }
	return []Recommendation{
		{"2.1", "Run the daemon as a non-root user", true, is("engine-root"), ""},
		{"2.2", "Restrict traffic between containers on the default bridge", true, is("engine-icc", "default-bridge"), ""},
		{"2.3", "Set the logging level to info", true, nil, "the daemon's own log level is not a wall around a container"},
		{"2.4", "Let Docker change iptables", true, nil, "not read: an engine without its rules publishes nothing by itself"},
		{"2.5", "Use no insecure registries", true, is("engine-registries"), ""},
		{"2.6", "Do not use the aufs storage driver", true, nil, "Docker Engine 24 and newer has no aufs driver"},
		{"2.7", "Configure TLS authentication for the daemon", true, is("engine-tcp"), ""},
		{"2.8", "Configure the default ulimit", true, is("engine-ulimits"), "whether there are defaults; which are right depends on the services"},
		{"2.9", "Enable user namespace support", true, is("engine-root"), ""},
		{"2.10", "Confirm the default cgroup usage", false, nil, "cgroup-parent is not read: no wall is lost by another name"},
		{"2.11", "Do not change the base device size", true, nil, "a setting of the devicemapper driver, which Docker Engine 25 removed"},
		{"2.12", "Enable authorization for client commands", true, nil, "authorization plugins are not read; engine-group and engine-tcp say who may command the engine"},
		{"2.13", "Configure central and remote logging", true, is("engine-log"), "none and unbounded local logs are found; where logs are kept is the owner's choice"},
		{"2.14", "Keep containers from acquiring new privileges", true, is("engine-no-new-privileges"), ""},
		{"2.15", "Enable live restore", true, is("engine-live-restore"), ""},
		{"2.16", "Disable the userland proxy", true, is("engine-userland-proxy"), ""},
		{"2.17", "Apply a daemon-wide seccomp profile if appropriate", true, is("seccomp-unconfined"), "a default of unconfined is found; what another profile allows is reported as not judged"},
		{"2.18", "Use no experimental features in production", false, is("engine-experimental"), ""},

		{"4.1", "Create a user for the container", true, is("image-user", "user-root", "actual-user"), ""},
		{"4.2", "Use only trusted base images", false, nil, "trust is the owner's decision; image-digest says whether it is certain which image runs"},
		{"4.3", "Install no unnecessary packages", false, nil, "no check reads an image's packages"},
		{"4.4", "Scan and rebuild images", false, nil, "no check scans images; that needs a vulnerability database"},
		{"4.5", "Enable content trust", true, is("image-digest"), "a setting of each client's environment, which an audit of the engine does not see; pinning is found"},
		{"4.6", "Add HEALTHCHECK to images", true, is("healthcheck"), ""},
		{"4.7", "Do not use update instructions alone", false, nil, "a rule for Dockerfiles, which bulkhead does not read"},
		{"4.8", "Remove setuid and setgid permissions", false, nil, "no check reads an image's files; no-new-privileges takes their effect away"},
		{"4.9", "Use COPY instead of ADD", false, nil, "a rule for Dockerfiles, which bulkhead does not read"},
		{"4.10", "Store no secrets in Dockerfiles", false, is("secret-environment", "secret-labels"), "by name, where they reach the environment or labels; image layers are not searched"},
		{"4.11", "Install verified packages only", false, nil, "a rule for builds, which bulkhead does not read"},
		{"4.12", "Validate all signed artifacts", false, is("image-digest"), "pinning is found; signatures are reported as not checked"},

		{"5.1", "Do not enable swarm mode if it is not needed", true, nil, "whether it is needed is the owner's decision"},
		{"5.2", "Enable an AppArmor profile, if applicable", true, is("mandatory-access-control", "actual-label"), ""},
		{"5.3", "Set SELinux security options, if applicable", false, is("mandatory-access-control", "actual-label"), ""},
		{"5.4", "Restrict capabilities", false, is("capabilities", "actual-capabilities"), ""},
		{"5.5", "Use no privileged containers", true, is("privileged"), ""},
		{"5.6", "Mount no sensitive host directories", true, is("sensitive-mounts"), ""},
		{"5.7", "Run no sshd inside containers", false, nil, "which program serves is not judged; published-ports says who reaches it"},
		{"5.8", "Map no privileged ports", false, nil, "a low port number gives an intruder nothing; published-ports judges the addresses"},
		{"5.9", "Open only needed ports", false, is("published-ports"), "ports published on every address are found; which are needed is the owner's decision"},
		{"5.10", "Do not share the host's network namespace", true, is("host-network"), ""},
		{"5.11", "Limit memory", true, is("limits", "swap"), ""},
		{"5.12", "Set CPU priority", true, is("limits"), "a limit is asked for, not a priority"},
		{"5.13", "Mount the root filesystem read-only", true, is("read-only-root"), ""},
		{"5.14", "Bind incoming traffic to a specific host interface", false, is("published-ports"), ""},
		{"5.15", "Set the on-failure restart policy to 5", true, is("restart-loop"), "for information: always is found; the number of tries is not read"},
		{"5.16", "Do not share the host's process namespace", true, is("host-namespaces"), ""},
		{"5.17", "Do not share the host's IPC namespace", true, is("host-namespaces"), ""},
		{"5.18", "Expose no host devices", true, is("devices"), ""},
		{"5.19", "Override the default ulimit only if needed", true, is("limits"), "whether nofile, nproc and core are so high that they limit nothing"},
		{"5.20", "Do not set mount propagation to shared", true, nil, "propagation is not read"},
		{"5.21", "Do not share the host's UTS namespace", true, is("host-namespaces"), ""},
		{"5.22", "Do not disable the default seccomp profile", true, is("seccomp-unconfined", "actual-seccomp"), ""},
		{"5.23", "Do not use docker exec --privileged", true, is("executed-processes"), "while the command runs"},
		{"5.24", "Do not use docker exec --user=root", true, is("executed-processes"), "while the command runs"},
		{"5.25", "Confirm cgroup usage", true, nil, "cgroup-parent is not read; limits says what is limited"},
		{"5.26", "Restrict from acquiring additional privileges", true, is("no-new-privileges", "actual-no-new-privileges"), ""},
		{"5.27", "Check health at run time", false, is("healthcheck"), ""},
		{"5.28", "Use the latest version of the image", false, is("image-tag"), "that a version is named; whether it is the newest needs the registry, which is not asked"},
		{"5.29", "Use the PIDs cgroup limit", true, is("limits"), ""},
		{"5.30", "Do not use the default bridge docker0", false, is("default-bridge"), ""},
		{"5.31", "Do not share the host's user namespace", true, is("host-namespaces"), "where the engine maps users; elsewhere all share it"},
		{"5.32", "Do not mount the Docker socket", true, is("engine-socket"), ""},
	}
}

func cisTable(b *strings.Builder) {
	b.WriteString("## CIS Docker Benchmark 1.6.0\n\nSections 2, 4 and 5: which check answers each recommendation, or why none does. " +
		"Titles are shortened. A number with a question mark was not held against a copy of version 1.6.0.\n\n" +
		"| CIS | recommendation | bulkhead |\n|---|---|---|\n")
	for _, r := range CIS() {
		number := r.Number
		if !r.Verified {
			number += " ?"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", number, r.Title, answer(r))
	}
}

func answer(r Recommendation) string {
	var links []string
	for _, id := range r.Checks {
		links = append(links, fmt.Sprintf("[%s](#%s)", id, id))
	}
	switch {
	case len(links) == 0:
		return "none: " + r.Reason
	case r.Reason == "":
		return strings.Join(links, ", ")
	}
	return strings.Join(links, ", ") + ": " + r.Reason
}
