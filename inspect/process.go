package inspect

// Process is one running process of a container, as /proc/PID/status of the
// engine's host shows it (proc_pid_status(5)).
type Process struct {
	// PID is on the host.
	PID     int    `json:"pid"`
	Command string `json:"command"`
	// UID and GID are the effective ones inside the container's user namespace;
	// HostUID is who that is on the host.
	UID     int `json:"uid"`
	GID     int `json:"gid"`
	HostUID int `json:"hostUID"`
	// Effective and Bounding are CapEff and CapBnd.
	Effective       CapSet `json:"capEff"`
	Bounding        CapSet `json:"capBnd"`
	NoNewPrivileges bool   `json:"noNewPrivileges"`
	// Seccomp is 0 for none, 1 for strict, 2 for a filter.
	Seccomp int `json:"seccomp"`
	// Label is the AppArmor or SELinux label; "" where there is none.
	Label string `json:"label,omitempty"`
	// Executed says that it was started by exec into the container, not by its
	// main process.
	Executed bool `json:"executed,omitempty"`
}

// ImageFacts are what an image says for itself.
type ImageFacts struct {
	User        string   `json:"user"`
	Healthcheck bool     `json:"healthcheck"`
	Tags        []string `json:"tags,omitempty"`
	// Digests are the repository digests; none for an image built here.
	Digests []string `json:"digests,omitempty"`
}
