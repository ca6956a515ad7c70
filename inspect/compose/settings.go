package compose

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"bulkhead/inspect"

	"github.com/compose-spec/compose-go/v2/types"
)

// settings are the service's effective settings, in the same normal form as
// those of a container that was started from it.
func settings(p *types.Project, s types.ServiceConfig) inspect.Settings {
	out := inspect.Settings{
		User:         s.User,
		Privileged:   s.Privileged,
		CapAdd:       inspect.NormalizeCaps(s.CapAdd),
		CapDrop:      inspect.NormalizeCaps(s.CapDrop),
		ReadOnlyRoot: s.ReadOnly,
		Tmpfs:        tmpfs(s),
		Mounts:       mounts(p, s),
		Devices:      devices(s),
		Namespaces:   namespaces(s),
		Networks:     networks(p, s),
		Ports:        ports(s),
		Limits:       limits(s),
		Env:          envNames(s.Environment),
		Runtime:      s.Runtime,
		Healthcheck:  inspect.Healthcheck{Defined: probed(s.HealthCheck)},
	}
	out.Restart, out.RestartTries = restart(s)
	if len(s.Sysctls) > 0 {
		out.Sysctls = maps.Clone(map[string]string(s.Sysctls))
	}
	if out.Runtime == "runc" {
		out.Runtime = ""
	}
	options := inspect.ParseSecurityOptions(s.SecurityOpt)
	out.Secure(options)
	out.Seccomp = seccomp(options.Seccomp)
	return out
}

func devices(s types.ServiceConfig) []inspect.Device {
	var out []inspect.Device
	for _, d := range s.Devices {
		out = append(out, inspect.Device{
			Host: d.Source, Container: cmp.Or(d.Target, d.Source), Permissions: cmp.Or(d.Permissions, "rwm"),
		})
	}
	slices.SortFunc(out, inspect.Device.Compare)
	return out
}

func namespaces(s types.ServiceConfig) inspect.Namespaces {
	n := inspect.Namespaces{PID: s.Pid, IPC: s.Ipc, UTS: s.Uts, User: s.UserNSMode, Cgroup: s.Cgroup}
	if n.IPC == "private" {
		n.IPC = ""
	}
	if n.Cgroup == "private" || s.Privileged {
		n.Cgroup = ""
	}
	if ownNetwork(s.NetworkMode) {
		n.Network = s.NetworkMode
	}
	return n
}

// ownNetwork says whether the mode replaces networks: the host's, another
// container's, or none.
func ownNetwork(mode string) bool {
	return mode == "host" || mode == "none" ||
		strings.HasPrefix(mode, types.ContainerPrefix) || strings.HasPrefix(mode, types.ServicePrefix)
}

// networks are the real names of the service's networks, sorted.
func networks(p *types.Project, s types.ServiceConfig) []string {
	switch {
	case ownNetwork(s.NetworkMode):
		return nil
	case s.NetworkMode == "bridge" || s.NetworkMode == "default":
		return []string{"bridge"}
	case s.NetworkMode != "":
		return []string{s.NetworkMode}
	}
	var names []string
	for key := range s.Networks {
		names = append(names, cmp.Or(p.Networks[key].Name, p.Name+"_"+key))
	}
	if len(names) == 0 {
		names = []string{cmp.Or(p.Networks["default"].Name, p.Name+"_default")}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ports are the published ports. A range of host ports lets the engine choose.
func ports(s types.ServiceConfig) []inspect.Port {
	var out []inspect.Port
	for i, p := range s.Ports {
		host, _ := strconv.ParseUint(p.Published, 10, 16)
		out = append(out, inspect.Port{
			HostIP: p.HostIP, HostPort: uint16(host), Container: uint16(p.Target),
			Protocol: cmp.Or(p.Protocol, "tcp"), Setting: "ports." + strconv.Itoa(i),
		})
	}
	slices.SortFunc(out, inspect.Port.Compare)
	return out
}

// limits joins the service's own limits with deploy.resources.limits, which
// Compose lets win.
func limits(s types.ServiceConfig) inspect.Limits {
	l := inspect.Limits{
		Memory: int64(s.MemLimit), MemorySwap: int64(s.MemSwapLimit), PIDs: s.PidsLimit, CPUs: widen(s.CPUS),
	}
	if s.Deploy != nil && s.Deploy.Resources.Limits != nil {
		d := s.Deploy.Resources.Limits
		l.Memory = cmp.Or(int64(d.MemoryBytes), l.Memory)
		l.PIDs = cmp.Or(d.Pids, l.PIDs)
		l.CPUs = cmp.Or(widen(d.NanoCPUs.Value()), l.CPUs)
	}
	l.PIDs = max(l.PIDs, 0)
	if l.MemorySwap == 2*l.Memory {
		// What the engine itself sets beside a memory limit.
		l.MemorySwap = 0
	}
	if l.CPUs == 0 && s.CPUQuota > 0 {
		period := s.CPUPeriod
		if period <= 0 {
			period = 100_000 // the kernel's default, cpu.cfs_period_us
		}
		l.CPUs = float64(s.CPUQuota) / float64(period)
	}
	l.Ulimits = ulimits(s)
	return l
}

// ulimits are the service's own; one number stands for both.
func ulimits(s types.ServiceConfig) []inspect.Ulimit {
	var out []inspect.Ulimit
	for name, u := range s.Ulimits {
		switch {
		case u == nil:
		case u.Single != 0:
			out = append(out, inspect.Ulimit{Name: name, Soft: int64(u.Single), Hard: int64(u.Single)})
		default:
			out = append(out, inspect.Ulimit{Name: name, Soft: int64(u.Soft), Hard: int64(u.Hard)})
		}
	}
	slices.SortFunc(out, func(a, b inspect.Ulimit) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// widen turns 0.1 of compose-go's float32 into 0.1, not 0.10000000149.
func widen(f float32) float64 {
	wide, _ := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'f', -1, 32), 64)
	return wide
}

// envNames leaves out variables without a value that the environment does not
// set either: Compose does not pass them on.
func envNames(env types.MappingWithEquals) []string {
	var names []string
	for name, value := range env {
		if value != nil && name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// restart is the policy, and after how many tries on-failure gives up;
// deploy.restart_policy counts where restart is absent.
func restart(s types.ServiceConfig) (policy string, tries int) {
	policy, count, _ := strings.Cut(s.Restart, ":")
	// Compose refuses what is no number.
	tries, _ = strconv.Atoi(count)
	if policy == "" && s.Deploy != nil && s.Deploy.RestartPolicy != nil {
		policy = s.Deploy.RestartPolicy.Condition
		if most := s.Deploy.RestartPolicy.MaxAttempts; most != nil {
			tries = int(min(*most, math.MaxInt32))
		}
	}
	switch policy {
	case "on-failure":
		return policy, tries
	case "no", "none":
		return "", 0
	case "any":
		return "always", 0
	}
	return policy, 0
}

func probed(h *types.HealthCheckConfig) bool {
	return h != nil && !h.Disable && len(h.Test) > 0 && h.Test[0] != "NONE" && h.Test[0] != ""
}
