package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/container"
)

// hostConfig translates what ties a container to its host.
func hostConfig(p *types.Project, s types.ServiceConfig) (*container.HostConfig, error) {
	mounted, err := mounts(p, s)
	if err != nil {
		return nil, err
	}
	h := &container.HostConfig{
		Binds: mounted.binds, Mounts: mounted.mounts, Tmpfs: mounted.tmpfs,
		CapAdd: s.CapAdd, CapDrop: s.CapDrop, Privileged: s.Privileged, ReadonlyRootfs: s.ReadOnly,
		PidMode: container.PidMode(s.Pid), IpcMode: container.IpcMode(s.Ipc),
		UTSMode: container.UTSMode(s.Uts), UsernsMode: container.UsernsMode(s.UserNSMode),
		CgroupnsMode: container.CgroupnsMode(s.Cgroup),
		GroupAdd:     s.GroupAdd, ExtraHosts: s.ExtraHosts.AsList(":"), DNSSearch: s.DNSSearch,
		Init: s.Init, Runtime: s.Runtime, ShmSize: int64(s.ShmSize), Sysctls: s.Sysctls,
		OomScoreAdj: int(s.OomScoreAdj), Resources: resources(s),
	}
	if h.SecurityOpt, err = securityOptions(p, s, h); err != nil {
		return nil, err
	}
	if h.RestartPolicy, err = restart(s); err != nil {
		return nil, err
	}
	for _, server := range s.DNS {
		address, err := netip.ParseAddr(server)
		if err != nil {
			return nil, fmt.Errorf("service %s: dns: %w", s.Name, err)
		}
		h.DNS = append(h.DNS, address)
	}
	if s.Logging != nil {
		h.LogConfig = container.LogConfig{Type: s.Logging.Driver, Config: s.Logging.Options}
	}
	return h, nil
}

// restart reads "on-failure:3".
func restart(s types.ServiceConfig) (container.RestartPolicy, error) {
	name, count, limited := strings.Cut(s.Restart, ":")
	policy := container.RestartPolicy{Name: container.RestartPolicyMode(name)}
	if !limited {
		return policy, nil
	}
	var err error
	if policy.MaximumRetryCount, err = strconv.Atoi(count); err != nil {
		return policy, fmt.Errorf("service %s: restart %q: %w", s.Name, s.Restart, err)
	}
	return policy, nil
}

// securityOptions reads the text of seccomp profiles, which the engine wants
// instead of their paths. systempaths=unconfined is a word of the command line
// that the API knows as empty lists.
func securityOptions(p *types.Project, s types.ServiceConfig, h *container.HostConfig) ([]string, error) {
	var options []string
	for _, option := range s.SecurityOpt {
		if option == "systempaths=unconfined" {
			h.MaskedPaths, h.ReadonlyPaths = []string{}, []string{}
			continue
		}
		name, value, found := strings.Cut(option, "=")
		if !found {
			name, value, _ = strings.Cut(option, ":")
		}
		if name != "seccomp" || value == "unconfined" || value == "builtin" {
			options = append(options, option)
			continue
		}
		if !filepath.IsAbs(value) {
			value = filepath.Join(p.WorkingDir, value)
		}
		profile, err := os.ReadFile(value)
		if err != nil {
			return nil, fmt.Errorf("service %s: reading seccomp profile %q: %w", s.Name, value, err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, profile); err != nil {
			return nil, fmt.Errorf("service %s: reading seccomp profile %q: %w", s.Name, value, err)
		}
		options = append(options, "seccomp="+compact.String())
	}
	return options, nil
}

// resources translates limits, from both the places where Compose has them.
func resources(s types.ServiceConfig) container.Resources {
	r := container.Resources{
		CgroupParent: s.CgroupParent, CPUShares: s.CPUShares, CpusetCpus: s.CPUSet,
		NanoCPUs: int64(s.CPUS * 1e9), Memory: int64(s.MemLimit), MemorySwap: int64(s.MemSwapLimit),
		MemoryReservation: int64(s.MemReservation),
	}
	pids := s.PidsLimit
	if s.Deploy != nil {
		if limits := s.Deploy.Resources.Limits; limits != nil {
			r.NanoCPUs = max(r.NanoCPUs, int64(limits.NanoCPUs.Value()*1e9))
			r.Memory = max(r.Memory, int64(limits.MemoryBytes))
			pids = max(pids, limits.Pids)
		}
		if reserved := s.Deploy.Resources.Reservations; reserved != nil {
			r.MemoryReservation = max(r.MemoryReservation, int64(reserved.MemoryBytes))
		}
	}
	if pids != 0 {
		r.PidsLimit = &pids
	}
	for _, d := range s.Devices {
		r.Devices = append(r.Devices, container.DeviceMapping{
			PathOnHost: d.Source, PathInContainer: d.Target, CgroupPermissions: d.Permissions,
		})
	}
	for name, u := range s.Ulimits {
		soft, hard := int64(u.Soft), int64(u.Hard)
		if u.Single != 0 {
			soft, hard = int64(u.Single), int64(u.Single)
		}
		r.Ulimits = append(r.Ulimits, &container.Ulimit{Name: name, Soft: soft, Hard: hard})
	}
	slices.SortFunc(r.Ulimits, func(a, b *container.Ulimit) int { return strings.Compare(a.Name, b.Name) })
	return r
}
