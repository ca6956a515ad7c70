package inspect

// Host is what an engine and the machine it runs on offer.
type Host struct {
	// Endpoint is how the engine was reached: "unix:///var/run/docker.sock".
	Endpoint string `json:"endpoint,omitempty"`
	Context  string `json:"context,omitempty"`
	Name     string `json:"name,omitempty"`
	// Version need not be a number ("dev", "20.10.24+dfsg1").
	Version        string `json:"version,omitempty"`
	APIVersion     string `json:"apiVersion,omitempty"`
	OS             string `json:"os,omitempty"`
	Arch           string `json:"arch,omitempty"`
	Kernel         string `json:"kernel,omitempty"`
	CgroupVersion  string `json:"cgroupVersion,omitempty"`
	StorageDriver  string `json:"storageDriver,omitempty"`
	DefaultRuntime string `json:"defaultRuntime,omitempty"`
	// LogDriver is what containers log through unless told otherwise.
	LogDriver   string `json:"logDriver,omitempty"`
	Rootless    bool   `json:"rootless"`
	UsernsRemap bool   `json:"usernsRemap"`
	Seccomp     bool   `json:"seccomp"`
	// SeccompProfile is the profile the engine gives by default: "default" or
	// "builtin" is its own, "unconfined" none, else a path on the engine's host.
	SeccompProfile string `json:"seccompProfile,omitempty"`
	// NoNewPrivileges says that the engine sets no-new-privileges by default.
	NoNewPrivileges bool `json:"noNewPrivileges,omitempty"`
	AppArmor        bool `json:"appArmor"`
	SELinux         bool `json:"selinux"`
	// Local says that the engine's containers run on this machine's kernel.
	Local bool `json:"local"`
}

// Known says whether an engine was asked at all.
func (h Host) Known() bool { return h.Version != "" }
