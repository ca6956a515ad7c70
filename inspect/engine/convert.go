package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bulkhead/inspect"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
)

// ToWorkload is what a container's inspect says, as a workload. It is pure and
// takes the usual engine for granted (runtime runc; a shared cgroup namespace
// counts as a default, as it is on cgroup v1); Engine.ToWorkload knows better.
// Missing parts are read as the engine's defaults.
func ToWorkload(c container.InspectResponse) inspect.Workload {
	return toWorkload(c, inspect.Host{})
}

// ToWorkload is the package's ToWorkload with this engine's own defaults.
func (e *Engine) ToWorkload(c container.InspectResponse) inspect.Workload {
	return toWorkload(c, e.Host)
}

func toWorkload(c container.InspectResponse, host inspect.Host) inspect.Workload {
	config, hostConfig := c.Config, c.HostConfig
	if config == nil {
		config = &container.Config{}
	}
	if hostConfig == nil {
		hostConfig = &container.HostConfig{}
	}
	name := strings.TrimPrefix(c.Name, "/")
	w := inspect.Workload{
		Name:      name,
		ID:        c.ID,
		Container: name,
		Image:     config.Image,
		ImageID:   c.Image,
		Settings:  toSettings(c, config, hostConfig, host),
		Sources:   inspect.Sources{"": {Origin: inspect.FromRun}},
	}
	if c.State != nil {
		w.State = inspect.RunState(c.State.Status)
	}
	if service, ok := composeService(config.Labels); ok {
		w.Project, w.Service = service.project, service.name
		w.Name = service.String()
		w.Files = composeFiles(config.Labels)
		source := inspect.Source{Origin: inspect.FromCompose}
		if len(w.Files) > 0 {
			source.File = w.Files[0]
		}
		w.Sources[""] = source
	}
	return w
}

func toSettings(c container.InspectResponse, config *container.Config, h *container.HostConfig, host inspect.Host) inspect.Settings {
	s := inspect.Settings{
		User:         config.User,
		Privileged:   h.Privileged,
		CapAdd:       inspect.NormalizeCaps(h.CapAdd),
		CapDrop:      inspect.NormalizeCaps(h.CapDrop),
		ReadOnlyRoot: h.ReadonlyRootfs,
		// The engine writes both lists into every container it creates; empty
		// ones mean systempaths=unconfined, missing ones its default.
		UnmaskedPaths: !h.Privileged && h.MaskedPaths != nil && h.ReadonlyPaths != nil &&
			len(h.MaskedPaths) == 0 && len(h.ReadonlyPaths) == 0,
		Tmpfs:        tmpfs(h),
		Mounts:       mounts(c.Mounts),
		Devices:      devices(h.Devices),
		Namespaces:   namespaces(h, host),
		Networks:     networks(c, h),
		Ports:        ports(config, h),
		Limits:       limits(h),
		Env:          envNames(config.Env),
		Sysctls:      maps.Clone(h.Sysctls),
		Runtime:      h.Runtime,
		Restart:      string(h.RestartPolicy.Name),
		RestartTries: h.RestartPolicy.MaximumRetryCount,
		Healthcheck:  inspect.Healthcheck{Defined: probed(config.Healthcheck)},
	}
	if len(s.Sysctls) == 0 {
		s.Sysctls = nil
	}
	if s.Runtime == cmp.Or(host.DefaultRuntime, "runc") {
		s.Runtime = ""
	}
	if s.Restart == string(container.RestartPolicyDisabled) {
		s.Restart = ""
	}
	options := inspect.ParseSecurityOptions(h.SecurityOpt)
	s.Secure(options)
	s.Seccomp = seccompName(options.Seccomp)
	return s
}

// seccompName shortens what the engine keeps of a seccomp option: the docker
// command reads a profile file and sends its text.
func seccompName(value string) string {
	switch {
	case value == "builtin" || value == "default" || value == "":
		return ""
	case strings.HasPrefix(strings.TrimSpace(value), "{"):
		return inspect.CustomProfile
	}
	return value
}

func tmpfs(h *container.HostConfig) []inspect.Tmpfs {
	var out []inspect.Tmpfs
	for path, options := range h.Tmpfs {
		out = append(out, inspect.Tmpfs{Path: path, Options: options})
	}
	for _, m := range h.Mounts {
		if m.Type == mount.TypeTmpfs {
			out = append(out, inspect.Tmpfs{Path: m.Target, Options: tmpfsOptions(m)})
		}
	}
	slices.SortFunc(out, inspect.Tmpfs.Compare)
	return out
}

// tmpfsOptions writes the options of a --mount type=tmpfs as --tmpfs takes them.
func tmpfsOptions(m mount.Mount) string {
	var out []string
	if m.ReadOnly {
		out = append(out, "ro")
	}
	if o := m.TmpfsOptions; o != nil {
		if o.SizeBytes != 0 {
			out = append(out, fmt.Sprintf("size=%d", o.SizeBytes))
		}
		if o.Mode != 0 {
			out = append(out, fmt.Sprintf("mode=%o", uint32(o.Mode)))
		}
		for _, option := range o.Options {
			out = append(out, strings.Join(option, "="))
		}
	}
	return strings.Join(out, ",")
}

func mounts(points []container.MountPoint) []inspect.Mount {
	var out []inspect.Mount
	for _, p := range points {
		if p.Type == mount.TypeTmpfs {
			continue
		}
		m := inspect.Mount{Type: inspect.MountType(p.Type), Source: p.Source, Target: p.Destination, ReadOnly: !p.RW,
			Propagation: inspect.SharedPropagation(string(p.Propagation))}
		if p.Type == mount.TypeVolume {
			m.Source = p.Name
			if inspect.MadeUp(p.Name) {
				m.Source = ""
			}
		}
		out = append(out, m)
	}
	slices.SortFunc(out, inspect.Mount.Compare)
	return out
}

func devices(mappings []container.DeviceMapping) []inspect.Device {
	var out []inspect.Device
	for _, d := range mappings {
		out = append(out, inspect.Device{Host: d.PathOnHost, Container: d.PathInContainer, Permissions: d.CgroupPermissions})
	}
	slices.SortFunc(out, inspect.Device.Compare)
	return out
}

func namespaces(h *container.HostConfig, host inspect.Host) inspect.Namespaces {
	n := inspect.Namespaces{
		PID:    string(h.PidMode),
		IPC:    string(h.IpcMode),
		UTS:    string(h.UTSMode),
		User:   string(h.UsernsMode),
		Cgroup: string(h.CgroupnsMode),
	}
	if h.IpcMode.IsPrivate() {
		n.IPC = ""
	}
	// The default is host on cgroup v1 and private on v2, where a privileged
	// container gets host (moby daemon/container_operations_unix.go).
	if h.CgroupnsMode.IsPrivate() || host.CgroupVersion != "2" || h.Privileged {
		n.Cgroup = ""
	}
	if mode := h.NetworkMode; mode.IsContainer() || mode == network.NetworkHost || mode.IsNone() {
		n.Network = string(mode)
	}
	return n
}

// networks are the names of the networks the container is on; none where it
// uses the host's, another container's, or no network.
func networks(c container.InspectResponse, h *container.HostConfig) []string {
	if mode := h.NetworkMode; mode.IsContainer() || mode == network.NetworkHost || mode.IsNone() {
		return nil
	}
	if c.NetworkSettings != nil && len(c.NetworkSettings.Networks) > 0 {
		return slices.Sorted(maps.Keys(c.NetworkSettings.Networks))
	}
	if mode := h.NetworkMode; mode != "" && !mode.IsDefault() {
		return []string{string(mode)}
	}
	return []string{network.NetworkBridge}
}

func ports(config *container.Config, h *container.HostConfig) []inspect.Port {
	var out []inspect.Port
	for port, bindings := range h.PortBindings {
		if len(bindings) == 0 {
			bindings = []network.PortBinding{{}}
		}
		for _, b := range bindings {
			p := toPort(port)
			if b.HostIP.IsValid() {
				p.HostIP = b.HostIP.String()
			}
			// A range ("8000-8010") lets the engine choose, as "" does.
			if n, err := strconv.ParseUint(b.HostPort, 10, 16); err == nil {
				p.HostPort = uint16(n)
			}
			out = append(out, p)
		}
	}
	if h.PublishAllPorts {
		for port := range config.ExposedPorts {
			if _, bound := h.PortBindings[port]; !bound {
				out = append(out, toPort(port))
			}
		}
	}
	slices.SortFunc(out, inspect.Port.Compare)
	return out
}

func toPort(p network.Port) inspect.Port {
	if !p.IsValid() {
		return inspect.Port{}
	}
	return inspect.Port{Container: p.Num(), Protocol: string(p.Proto())}
}

func limits(h *container.HostConfig) inspect.Limits {
	l := inspect.Limits{Memory: h.Memory, MemorySwap: h.MemorySwap, CPUs: float64(h.NanoCPUs) / 1e9}
	if h.MemorySwap == 2*h.Memory {
		// What the engine itself sets beside a memory limit.
		l.MemorySwap = 0
	}
	if h.PidsLimit != nil && *h.PidsLimit > 0 {
		l.PIDs = *h.PidsLimit
	}
	if h.NanoCPUs == 0 && h.CPUQuota > 0 {
		period := h.CPUPeriod
		if period <= 0 {
			period = 100_000 // the kernel's default, cpu.cfs_period_us
		}
		l.CPUs = float64(h.CPUQuota) / float64(period)
	}
	l.Ulimits = ulimits(h.Ulimits)
	return l
}

// ulimits are the container's own: the daemon's default-ulimits are not written
// into its configuration (moby daemon/oci_linux.go, WithRlimits).
func ulimits(own []*container.Ulimit) []inspect.Ulimit {
	var out []inspect.Ulimit
	for _, u := range own {
		if u != nil {
			out = append(out, inspect.Ulimit{Name: u.Name, Soft: u.Soft, Hard: u.Hard})
		}
	}
	// Stable, because the engine takes a name twice.
	slices.SortStableFunc(out, func(a, b inspect.Ulimit) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func envNames(env []string) []string {
	var names []string
	for _, kv := range env {
		// A name without a value takes the variable away again.
		if name, _, ok := strings.Cut(kv, "="); ok && name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func probed(h *container.HealthConfig) bool {
	return h != nil && len(h.Test) > 0 && h.Test[0] != "NONE" && h.Test[0] != ""
}
