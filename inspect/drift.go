package inspect

import (
	"maps"
	"slices"
)

// Drift names the settings in which a running workload differs from what its
// file says, as Compose names them, sorted. What the file leaves to the image
// or to the engine (the user, volumes and variables of the image, ports the
// engine chose) is no difference.
func Drift(file, running Settings) []string {
	a, b := file, running
	differs := map[string]bool{
		"user":       a.User != "" && a.User != b.User,
		"privileged": a.Privileged != b.Privileged,
		"cap_add":    !slices.Equal(a.CapAdd, b.CapAdd),
		"cap_drop":   !slices.Equal(a.CapDrop, b.CapDrop),
		"security_opt": a.NoNewPrivileges != b.NoNewPrivileges || a.Seccomp != b.Seccomp || a.AppArmor != b.AppArmor ||
			!slices.Equal(a.SELinux, b.SELinux) || a.UnmaskedPaths != b.UnmaskedPaths,
		"read_only":    a.ReadOnlyRoot != b.ReadOnlyRoot,
		"tmpfs":        !slices.Equal(a.Tmpfs, b.Tmpfs),
		"volumes":      !slices.Equal(plainMounts(a.Mounts), plainMounts(withoutImageVolumes(b.Mounts, a.Mounts))),
		"devices":      !slices.Equal(a.Devices, b.Devices),
		"pid":          a.Namespaces.PID != b.Namespaces.PID,
		"ipc":          a.Namespaces.IPC != b.Namespaces.IPC,
		"uts":          a.Namespaces.UTS != b.Namespaces.UTS,
		"network_mode": a.Namespaces.Network != b.Namespaces.Network,
		"userns_mode":  a.Namespaces.User != b.Namespaces.User,
		"networks":     !slices.Equal(a.Networks, b.Networks),
		"ports":        !slices.Equal(plainPorts(a.Ports, a.Ports), plainPorts(b.Ports, a.Ports)),
		// The host's, or the engine's default: which one that is the running
		// settings do not say, so only what they do say is held against the file.
		"cgroup":    b.Namespaces.Cgroup != "" && a.Namespaces.Cgroup != b.Namespaces.Cgroup,
		"mem_limit": a.Limits.Memory != b.Limits.Memory,
		// Without swap accounting in the kernel the engine writes -1 by itself (moby
		// daemon/daemon_unix.go, verifyPlatformContainerResources).
		"memswap_limit": a.Limits.MemorySwap != b.Limits.MemorySwap && (a.Limits.MemorySwap != 0 || b.Limits.MemorySwap != -1),
		"pids_limit":    a.Limits.PIDs != b.Limits.PIDs,
		"cpus":          a.Limits.CPUs != b.Limits.CPUs,
		// The image may define one, too.
		"healthcheck": a.Healthcheck.Defined && !b.Healthcheck.Defined,
		"environment": slices.ContainsFunc(a.Env, func(name string) bool { return !slices.Contains(b.Env, name) }),
		"ulimits":     len(a.Limits.Ulimits) > 0 && !slices.Equal(a.Limits.Ulimits, b.Limits.Ulimits),
		"sysctls":     !maps.Equal(a.Sysctls, b.Sysctls),
		"runtime":     a.Runtime != b.Runtime,
		"restart":     a.Restart != b.Restart || a.RestartTries != b.RestartTries,
	}
	maps.DeleteFunc(differs, func(_ string, differ bool) bool { return !differ })
	return slices.Sorted(maps.Keys(differs))
}

// withoutImageVolumes drops the anonymous volumes that the file does not speak
// of: the image declares them.
func withoutImageVolumes(running, file []Mount) []Mount {
	return slices.DeleteFunc(slices.Clone(running), func(m Mount) bool {
		return m.Type == VolumeMount && m.Source == "" &&
			!slices.ContainsFunc(file, func(f Mount) bool { return f.Target == m.Target })
	})
}

// plainMounts keeps of each mount what must agree.
func plainMounts(mounts []Mount) []Mount {
	var out []Mount
	for _, m := range mounts {
		out = append(out, Mount{Type: m.Type, Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly, Propagation: SharedPropagation(m.Propagation)})
	}
	return out
}

// plainPorts keeps of each port what must agree. Where the file lets the engine
// choose the host's port, any will do.
func plainPorts(ports, file []Port) []Port {
	var out []Port
	for _, p := range ports {
		chosen := slices.ContainsFunc(file, func(f Port) bool {
			return f.Container == p.Container && f.Protocol == p.Protocol && f.HostPort == 0
		})
		if chosen {
			p.HostPort = 0
		}
		out = append(out, Port{HostIP: p.HostIP, HostPort: p.HostPort, Container: p.Container, Protocol: p.Protocol})
	}
	return out
}
