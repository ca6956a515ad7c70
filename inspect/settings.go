package inspect

import (
	"regexp"
	"slices"
)

// Settings are the effective security-relevant settings of a workload,
// normalised so that a container and the Compose service it was started from
// compare equal. They never hold the value of an environment variable.
type Settings struct {
	// User as configured (image or override): "", "0", "1000:1000", "nginx".
	User       string `json:"user"`
	Privileged bool   `json:"privileged"`
	// CapAdd and CapDrop are names without CAP_, or ALL, sorted.
	CapAdd  []string `json:"capAdd,omitempty"`
	CapDrop []string `json:"capDrop,omitempty"`

	NoNewPrivileges bool `json:"noNewPrivileges"`
	// Seccomp is "" for the engine's default, "unconfined", or the name of a
	// profile ("custom" where the engine only keeps its text).
	Seccomp string `json:"seccomp,omitempty"`
	// AppArmor is "" for the engine's default, "unconfined", or a profile name.
	AppArmor string `json:"appArmor,omitempty"`
	// SELinux are label options: "disable", "type:container_t".
	SELinux []string `json:"selinux,omitempty"`
	// UnmaskedPaths says that /proc and /sys are neither masked nor read-only
	// (systempaths=unconfined).
	UnmaskedPaths bool `json:"unmaskedPaths,omitempty"`

	ReadOnlyRoot bool     `json:"readOnly"`
	Tmpfs        []Tmpfs  `json:"tmpfs,omitempty"`
	Mounts       []Mount  `json:"mounts,omitempty"`
	Devices      []Device `json:"devices,omitempty"`

	Namespaces Namespaces `json:"namespaces"`
	Networks   []string   `json:"networks,omitempty"`
	Ports      []Port     `json:"ports,omitempty"`
	Limits     Limits     `json:"limits"`

	// Env are the names of the environment variables, sorted.
	Env     []string          `json:"env,omitempty"`
	Sysctls map[string]string `json:"sysctls,omitempty"`
	// Runtime is "" for the engine's default.
	Runtime string `json:"runtime,omitempty"`
	// Restart is "", "always", "unless-stopped", "on-failure".
	Restart string `json:"restart,omitempty"`
	// RestartTries is after how many starts in a row on-failure gives up; 0 means
	// never, and with the other policies nothing.
	RestartTries int         `json:"restartTries,omitempty"`
	Healthcheck  Healthcheck `json:"healthcheck"`
}

// Tmpfs is one tmpfs mount; Options as Docker writes them
// ("rw,noexec,size=64m,mode=755,uid=101").
type Tmpfs struct {
	Path    string `json:"path"`
	Options string `json:"options,omitempty"`
}

// String is the short form of Compose and of docker run: path[:options].
func (t Tmpfs) String() string {
	if t.Options == "" {
		return t.Path
	}
	return t.Path + ":" + t.Options
}

// MountType is the kind of a mount.
type MountType string

// The mount kinds a container can have besides tmpfs.
const (
	BindMount   MountType = "bind"
	VolumeMount MountType = "volume"
)

// Mount is a bind mount or a volume. Source is a host path or a volume's name,
// "" for an anonymous volume.
type Mount struct {
	Type     MountType `json:"type"`
	Source   string    `json:"source,omitempty"`
	Target   string    `json:"target"`
	ReadOnly bool      `json:"readOnly,omitempty"`
	// Resolved is where a bind mount's source leads on the engine's machine once
	// symbolic links are followed; "" where that is the source itself, and where
	// it could not be looked at. It is no setting: Drift passes over it.
	Resolved string `json:"resolved,omitempty"`
	// Propagation is "shared" or "rshared" where what is mounted inside appears on
	// the host, else "".
	Propagation string `json:"propagation,omitempty"`
	// Setting names the mount for Sources: "volumes.2".
	Setting string `json:"-"`
}

// MadeUp says that a volume's name is one that the engine makes up for a volume
// without a name.
func MadeUp(volume string) bool { return madeUp.MatchString(volume) }

var madeUp = regexp.MustCompile(`^[0-9a-f]{64}$`)

// SharedPropagation returns the propagation of a bind mount as Mount keeps it: whatever is
// not shared is "", because the engine itself makes mounts of its own directory
// rslave (mount_namespaces(7) tells the kinds).
func SharedPropagation(propagation string) string {
	if propagation == "shared" || propagation == "rshared" {
		return propagation
	}
	return ""
}

// Device is a host device inside the container.
type Device struct {
	Host        string `json:"host"`
	Container   string `json:"container"`
	Permissions string `json:"permissions,omitempty"`
}

// Namespaces say which namespaces are shared: "" is the engine's default,
// else "host", "container:NAME", "service:NAME", "none", "private", "shareable".
type Namespaces struct {
	PID     string `json:"pid,omitempty"`
	IPC     string `json:"ipc,omitempty"`
	UTS     string `json:"uts,omitempty"`
	Network string `json:"network,omitempty"`
	User    string `json:"user,omitempty"`
	Cgroup  string `json:"cgroup,omitempty"`
}

// Port is one published port. HostIP "" means every address; HostPort 0 means
// that the engine chooses.
type Port struct {
	HostIP    string `json:"hostIP,omitempty"`
	HostPort  uint16 `json:"hostPort,omitempty"`
	Container uint16 `json:"container"`
	Protocol  string `json:"protocol"`
	Setting   string `json:"-"`
}

// Limits are resource limits; 0 means none. Memory and MemorySwap are bytes,
// MemorySwap counts memory plus swap, CPUs are whole processors.
type Limits struct {
	Memory     int64   `json:"memory,omitempty"`
	MemorySwap int64   `json:"memorySwap,omitempty"`
	PIDs       int64   `json:"pids,omitempty"`
	CPUs       float64 `json:"cpus,omitempty"`
	// Ulimits are those set for the workload itself, sorted by name.
	Ulimits []Ulimit `json:"ulimits,omitempty"`
}

// Ulimit is one resource limit of the processes (getrlimit(2)), by the name that
// Docker gives it: "nofile". -1 means unlimited.
type Ulimit struct {
	Name string `json:"name"`
	Soft int64  `json:"soft"`
	Hard int64  `json:"hard"`
}

// Healthcheck is the probe the engine runs inside the container. Its command
// may hold secrets and is not kept.
type Healthcheck struct {
	Defined bool `json:"defined"`
}

// Root says whether the main process starts as uid 0, as far as the setting
// tells: "", "0", "root", "0:0".
func (s Settings) Root() bool {
	user := s.User
	for i, c := range user {
		if c == ':' {
			user = user[:i]
			break
		}
	}
	return user == "" || user == "0" || user == "root"
}

// Capabilities is the set the container's root is given, by the engine's rules
// (moby oci/caps TweakCapabilities): privileged is all, ALL in the additions
// is all but the drops, ALL in the drops is the additions alone, else the
// default set without the drops and with the additions.
func (s Settings) Capabilities() CapSet {
	add, drop := ParseCaps(s.CapAdd), ParseCaps(s.CapDrop)
	switch {
	case s.Privileged:
		return AllCaps
	case slices.Contains(s.CapAdd, "ALL"):
		return AllCaps.Without(drop)
	case slices.Contains(s.CapDrop, "ALL"):
		return add
	default:
		return DefaultCaps.Without(drop).Union(add)
	}
}

// Clone returns a copy that shares nothing with s.
func (s Settings) Clone() Settings {
	c := s
	c.CapAdd = slices.Clone(s.CapAdd)
	c.CapDrop = slices.Clone(s.CapDrop)
	c.SELinux = slices.Clone(s.SELinux)
	c.Tmpfs = slices.Clone(s.Tmpfs)
	c.Mounts = slices.Clone(s.Mounts)
	c.Devices = slices.Clone(s.Devices)
	c.Networks = slices.Clone(s.Networks)
	c.Ports = slices.Clone(s.Ports)
	c.Limits.Ulimits = slices.Clone(s.Limits.Ulimits)
	c.Env = slices.Clone(s.Env)
	if s.Sysctls != nil {
		c.Sysctls = make(map[string]string, len(s.Sysctls))
		for k, v := range s.Sysctls {
			c.Sysctls[k] = v
		}
	}
	return c
}
