package inspect

// Host is what an engine and the machine it runs on offer.
type Host struct {
	// Endpoint is how the engine was reached: "unix:///var/run/docker.sock".
	Endpoint string `json:"endpoint,omitempty"`
	Context  string `json:"context,omitempty"`
	Name     string `json:"name,omitempty"`
	// Version need not be a number ("dev", "20.10.24+dfsg1").
	Version    string `json:"version,omitempty"`
	APIVersion string `json:"apiVersion,omitempty"`
	OS         string `json:"os,omitempty"`
	Arch       string `json:"arch,omitempty"`
	Kernel     string `json:"kernel,omitempty"`
	// CPUs is how many processors the engine's host has.
	CPUs           int    `json:"cpus,omitempty"`
	CgroupVersion  string `json:"cgroupVersion,omitempty"`
	StorageDriver  string `json:"storageDriver,omitempty"`
	DefaultRuntime string `json:"defaultRuntime,omitempty"`
	// LogDriver is what containers log through unless told otherwise.
	LogDriver   string `json:"logDriver,omitempty"`
	Rootless    bool   `json:"rootless"`
	UsernsRemap bool   `json:"usernsRemap"`
	// Remap says to whom; it is zero where that is not known.
	Remap   Remap `json:"remap,omitzero"`
	Seccomp bool  `json:"seccomp"`
	// SeccompProfile is the profile the engine gives by default: "default" or
	// "builtin" is its own, "unconfined" none, else a path on the engine's host.
	SeccompProfile string `json:"seccompProfile,omitempty"`
	// NoNewPrivileges says that the engine sets no-new-privileges by default.
	NoNewPrivileges bool `json:"noNewPrivileges,omitempty"`
	AppArmor        bool `json:"appArmor"`
	SELinux         bool `json:"selinux"`
	// Daemon is nil where nothing of the daemon's configuration could be read.
	Daemon *Daemon `json:"daemon,omitempty"`
	// Detection names the run-time detection that was seen ("Falco"), ""
	// where none was; DetectionUnknown says why that is not known.
	Detection        string `json:"detection,omitempty"`
	DetectionUnknown string `json:"detectionUnknown,omitempty"`
	// Local says that the engine's containers run on this machine's kernel.
	Local bool `json:"local"`
}

// Known says whether an engine was asked at all.
func (h Host) Known() bool { return h.Version != "" }

// Powerless says why no container of the engine can have a privilege over its
// host's kernel, "" where one can: where users are remapped, one that is left
// out of that.
func (h Host) Powerless() string {
	switch {
	case h.Rootless:
		return "the engine is rootless, so its containers have no privilege over the kernel"
	case h.UsernsRemap && h.Remap.None():
		return "the engine remaps users (userns-remap), and to whom is not known"
	}
	return ""
}

// Daemon is how the engine's daemon is configured, as far as it could be read.
// A nil pointer is a setting that could not be read.
type Daemon struct {
	ICC             *bool `json:"icc,omitempty"`
	LiveRestore     *bool `json:"liveRestore,omitempty"`
	UserlandProxy   *bool `json:"userlandProxy,omitempty"`
	NoNewPrivileges *bool `json:"noNewPrivileges,omitempty"`
	DefaultUlimits  *bool `json:"defaultUlimits,omitempty"`
	Experimental    *bool `json:"experimental,omitempty"`
	// LogRotation says that json-file logs are bounded by default (max-size).
	LogRotation *bool `json:"logRotation,omitempty"`
	// InsecureRegistries are those beyond the loopback range.
	InsecureRegistries []string `json:"insecureRegistries,omitempty"`
	// PlainTCP are addresses on which the daemon listens without TLS
	// verification.
	PlainTCP []string `json:"plainTCP,omitempty"`
	// GroupMembers are the users who may use the socket through its group, and
	// are root on the host by that.
	GroupMembers []string `json:"groupMembers,omitempty"`
	// Sources say which files and answers this comes from; Unread, a sentence
	// each, what could not be read and why.
	Sources []string `json:"sources,omitempty"`
	Unread  []string `json:"unread,omitempty"`
}
