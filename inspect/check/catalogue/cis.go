package catalogue

import (
	"fmt"
	"strings"
)

// Recommendation is one recommendation of the CIS Docker Benchmark 1.6.0, and
// what bulkhead does about it.
type Recommendation struct {
	Number, Title string
	// SeenIn is where number and title were seen: "1.6.0" is an implementation of
	// that version, another one stands where those do not list the row.
	SeenIn string
	// Checks are the IDs of the checks that answer it; where there are none, or
	// they answer a part, Reason says why.
	Checks []string
	Reason string
}

// seen160 is SeenIn of what the implementations of version 1.6.0 list.
const seen160 = "1.6.0"

// CIS returns the recommendations of the sections 2 (daemon), 4 (images) and 5
// (containers), in order. Sections 1, 3, 6 and 7 speak of the host's files,
// of operations and of Swarm.
func CIS() []Recommendation {
	is := func(ids ...string) []string { return ids }
	return []Recommendation{
		{"2.1", "Run the daemon as a non-root user", seen160, is("engine-root"), ""},
		{"2.2", "Restrict traffic between containers on the default bridge", seen160, is("engine-icc", "default-bridge"), ""},
		{"2.3", "Set the logging level to info", seen160, nil, "the daemon's own log level is not a wall around a container"},
		{"2.4", "Let Docker change iptables", seen160, nil, "not read: an engine without its rules publishes nothing by itself"},
		{"2.5", "Use no insecure registries", seen160, is("engine-registries"), ""},
		{"2.6", "Do not use the aufs storage driver", seen160, nil, "Docker Engine 24 and newer has no aufs driver"},
		{"2.7", "Configure TLS authentication for the daemon", seen160, is("engine-tcp"), ""},
		{"2.8", "Configure the default ulimit", seen160, is("engine-ulimits"), "whether there are defaults; which are right depends on the services"},
		{"2.9", "Enable user namespace support", seen160, is("engine-root"), ""},
		{"2.10", "Confirm the default cgroup usage", "1.5.0", nil, "cgroup-parent is not read: no wall is lost by another name"},
		{"2.11", "Do not change the base device size", seen160, nil, "a setting of the devicemapper driver, which Docker Engine 25 removed"},
		{"2.12", "Enable authorization for client commands", seen160, nil, "authorization plugins are not read; engine-group and engine-tcp say who may command the engine"},
		{"2.13", "Configure central and remote logging", seen160, is("engine-log"), "none and unbounded local logs are found; where logs are kept is the owner's choice"},
		{"2.14", "Keep containers from acquiring new privileges", seen160, is("engine-no-new-privileges"), ""},
		{"2.15", "Enable live restore", seen160, is("engine-live-restore"), ""},
		{"2.16", "Disable the userland proxy", seen160, is("engine-userland-proxy"), ""},
		{"2.17", "Apply a daemon-wide seccomp profile if appropriate", seen160, is("seccomp-unconfined"), "a default of unconfined is found; what another profile allows is reported as not judged"},
		{"2.18", "Use no experimental features in production", "docker-bench-security", is("engine-experimental"), ""},

		{"4.1", "Create a user for the container", seen160, is("image-user", "user-root", "actual-user"), ""},
		{"4.2", "Use only trusted base images", seen160, nil, "trust is the owner's decision; image-digest says whether it is certain which image runs"},
		{"4.3", "Install no unnecessary packages", seen160, nil, "no check reads an image's packages"},
		{"4.4", "Scan and rebuild images", seen160, nil, "no check scans images; that needs a vulnerability database"},
		{"4.5", "Enable content trust", seen160, is("image-digest"), "a setting of each client's environment, which an audit of the engine does not see; pinning is found"},
		{"4.6", "Add HEALTHCHECK to images", seen160, is("healthcheck"), ""},
		{"4.7", "Do not use update instructions alone", seen160, nil, "a rule for Dockerfiles, which bulkhead does not read"},
		{"4.8", "Remove setuid and setgid permissions", seen160, nil, "no check reads an image's files; no-new-privileges takes their effect away"},
		{"4.9", "Use COPY instead of ADD", seen160, nil, "a rule for Dockerfiles, which bulkhead does not read"},
		{"4.10", "Store no secrets in Dockerfiles", seen160, is("secret-environment", "secret-labels"), "by name, where they reach the environment or labels; image layers are not searched"},
		{"4.11", "Install verified packages only", seen160, nil, "a rule for builds, which bulkhead does not read"},
		{"4.12", "Validate all signed artifacts", seen160, is("image-digest"), "pinning is found; signatures are reported as not checked"},

		{"5.1", "Do not enable swarm mode if it is not needed", seen160, nil, "whether it is needed is the owner's decision"},
		{"5.2", "Enable an AppArmor profile, if applicable", seen160, is("mandatory-access-control", "actual-label"), ""},
		{"5.3", "Set SELinux security options, if applicable", "1.5.0, there 5.2", is("mandatory-access-control", "actual-label"), ""},
		{"5.4", "Restrict capabilities", "1.8.0", is("capabilities", "actual-capabilities"), ""},
		{"5.5", "Use no privileged containers", seen160, is("privileged"), ""},
		{"5.6", "Mount no sensitive host directories", seen160, is("sensitive-mounts"), ""},
		{"5.7", "Run no sshd inside containers", "1.8.0", nil, "which program serves is not judged; published-ports says who reaches it"},
		{"5.8", "Map no privileged ports", "1.8.0", nil, "a low port number gives an intruder nothing; published-ports judges the addresses"},
		{"5.9", "Open only needed ports", "1.8.0", is("published-ports"), "ports published on every address are found; which are needed is the owner's decision"},
		{"5.10", "Do not share the host's network namespace", seen160, is("host-network"), ""},
		{"5.11", "Limit memory", seen160, is("limits", "swap"), ""},
		{"5.12", "Set CPU priority", seen160, is("limits"), "a limit is asked for, not a priority"},
		{"5.13", "Mount the root filesystem read-only", seen160, is("read-only-root"), ""},
		{"5.14", "Bind incoming traffic to a specific host interface", "1.8.0", is("published-ports"), ""},
		{"5.15", "Set the on-failure restart policy to 5", seen160, is("restart-loop"), "for information: restarts without a limit are found; any limit will do"},
		{"5.16", "Do not share the host's process namespace", seen160, is("host-namespaces"), ""},
		{"5.17", "Do not share the host's IPC namespace", seen160, is("host-namespaces"), ""},
		{"5.18", "Expose no host devices", seen160, is("devices"), ""},
		{"5.19", "Override the default ulimit only if needed", seen160, is("limits"), "whether nofile, nproc and core are so high that they limit nothing"},
		{"5.20", "Do not set mount propagation to shared", seen160, is("mount-propagation"), ""},
		{"5.21", "Do not share the host's UTS namespace", seen160, is("host-namespaces"), ""},
		{"5.22", "Do not disable the default seccomp profile", seen160, is("seccomp-unconfined", "actual-seccomp"), ""},
		{"5.23", "Do not use docker exec --privileged", seen160, is("executed-processes"), "while the command runs"},
		{"5.24", "Do not use docker exec --user=root", seen160, is("executed-processes"), "while the command runs"},
		{"5.25", "Confirm cgroup usage", seen160, nil, "cgroup-parent is not read; limits says what is limited"},
		{"5.26", "Restrict from acquiring additional privileges", seen160, is("no-new-privileges", "actual-no-new-privileges"), ""},
		{"5.27", "Check health at run time", seen160, is("healthcheck"), ""},
		{"5.28", "Use the latest version of the image", "1.8.0", is("image-tag"), "that a version is named; whether it is the newest needs the registry, which is not asked"},
		{"5.29", "Use the PIDs cgroup limit", seen160, is("limits"), ""},
		{"5.30", "Do not use the default bridge docker0", "1.8.0", is("default-bridge"), ""},
		{"5.31", "Do not share the host's user namespace", seen160, is("host-namespaces"), "where the engine maps users; elsewhere all share it"},
		{"5.32", "Do not mount the Docker socket", seen160, is("engine-socket"), ""},
	}
}

func cisTable(b *strings.Builder) {
	b.WriteString("## CIS Docker Benchmark 1.6.0\n\nSections 2, 4 and 5: which check answers each recommendation, or why none does. " +
		"Titles are shortened. The numbers are those of version 1.6.0, as Steampipe's cis_v160, Trivy's docker-cis-1.6.0 and Tenable's audit files of it write them. " +
		"Where none of these lists a row, the version or program in which it was seen stands beside the number. " +
		"Version 1.8.0 has another 2.7, and the rows of section 2 from there on are one further down.\n\n" +
		"| CIS | recommendation | bulkhead |\n|---|---|---|\n")
	for _, r := range CIS() {
		number := r.Number
		if r.SeenIn != seen160 {
			number += " (" + r.SeenIn + ")"
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
