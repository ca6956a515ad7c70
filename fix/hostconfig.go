package fix

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"

	"bulkhead/inspect"
)

// ApplyTo is Apply in the engine's own words: what to create a container with
// so that it has its settings under the plan. It does not touch what it is
// given.
func ApplyTo(config container.Config, h container.HostConfig, p Plan) (container.Config, container.HostConfig) {
	// What is changed in place below is the copy's own.
	h.Tmpfs, h.PortBindings = maps.Clone(h.Tmpfs), maps.Clone(h.PortBindings)
	h.Mounts, h.Binds = slices.Clone(h.Mounts), slices.Clone(h.Binds)
	h.SecurityOpt = slices.Clone(h.SecurityOpt)
	for _, c := range p.Changes {
		switch c.Dial {
		case inspect.DialUser:
			config.User = c.User
		case inspect.DialRemoveMount:
			config.Volumes = maps.Clone(config.Volumes)
			delete(config.Volumes, c.Path)
		}
		applyTo(&h, c)
	}
	return config, h
}

func applyTo(h *container.HostConfig, c inspect.Change) {
	switch c.Dial {
	case inspect.DialCapabilities:
		h.CapDrop, h.CapAdd = []string{"ALL"}, c.Keep.Names()
	case inspect.DialNoNewPrivileges:
		setOption(h, "no-new-privileges", "no-new-privileges:true")
	case inspect.DialReadOnlyRoot:
		h.ReadonlyRootfs = true
	case inspect.DialPrivileged:
		h.Privileged = false
	case inspect.DialMemory:
		if h.Memory > 0 && h.MemorySwap == 2*h.Memory {
			h.MemorySwap = 2 * c.Limit // nobody chose it: the engine does so by itself
		}
		h.Memory = c.Limit
	case inspect.DialPIDs:
		h.PidsLimit = &c.Limit
	case inspect.DialCPUs:
		h.NanoCPUs, h.CPUPeriod, h.CPUQuota = int64(c.CPUs*1e9), 0, 0
	case inspect.DialSeccomp:
		setOption(h, "seccomp", "seccomp="+c.Profile.Text)
	case inspect.DialAppArmor:
		setOption(h, "apparmor", "apparmor="+c.Profile.Name)
	case inspect.DialTmpfs:
		unmount(h, c.Tmpfs.Path)
		if h.Tmpfs == nil {
			h.Tmpfs = map[string]string{}
		}
		h.Tmpfs[c.Tmpfs.Path] = c.Tmpfs.Options
	case inspect.DialVolume:
		unmount(h, c.Path)
		h.Mounts = append(h.Mounts, mount.Mount{Type: mount.TypeVolume, Target: c.Path})
	case inspect.DialReadOnlyMount:
		closeMount(h, c.Path)
	case inspect.DialRemoveMount:
		unmount(h, c.Path)
	case inspect.DialLoopback:
		toLoopback(h.PortBindings, c.Port)
	}
}

// setOption replaces the security options of one kind.
func setOption(h *container.HostConfig, kind, option string) {
	h.SecurityOpt = slices.DeleteFunc(h.SecurityOpt, func(o string) bool {
		rest, ok := strings.CutPrefix(o, kind)
		return ok && (rest == "" || rest[0] == ':' || rest[0] == '=')
	})
	h.SecurityOpt = append(h.SecurityOpt, option)
}

// unmount takes away what the host config itself mounts on the path.
func unmount(h *container.HostConfig, path string) {
	delete(h.Tmpfs, path)
	h.Mounts = slices.DeleteFunc(h.Mounts, func(m mount.Mount) bool { return m.Target == path })
	h.Binds = slices.DeleteFunc(h.Binds, func(b string) bool { return bindTarget(b) == path })
}

// closeMount makes what is mounted on the path read-only.
func closeMount(h *container.HostConfig, path string) {
	for i, m := range h.Mounts {
		h.Mounts[i].ReadOnly = m.ReadOnly || m.Target == path
	}
	for i, b := range h.Binds {
		if bindTarget(b) == path {
			h.Binds[i] = readOnlyBind(b)
		}
	}
}

// bindTarget is the path inside of SOURCE:TARGET[:OPTIONS], or of an anonymous
// volume's TARGET.
func bindTarget(bind string) string {
	parts := strings.Split(bind, ":")
	return parts[min(1, len(parts)-1)]
}

func readOnlyBind(bind string) string {
	parts := strings.Split(bind, ":")
	if len(parts) < 2 {
		return bind // an anonymous volume: what nobody fills is of no use read-only
	}
	options := []string{"ro"}
	if len(parts) > 2 {
		for _, o := range strings.Split(parts[2], ",") {
			if o != "ro" && o != "rw" {
				options = append(options, o)
			}
		}
	}
	return strings.Join([]string{parts[0], parts[1], strings.Join(options, ",")}, ":")
}

// toLoopback binds to loopback what is published of the port on every address.
// Both families become 127.0.0.1: that is what a person on the host uses.
func toLoopback(ports network.PortMap, port string) {
	for p, bindings := range ports {
		if p.String() != port {
			continue
		}
		bound := slices.Clone(bindings)
		for i, b := range bound {
			if !b.HostIP.IsValid() || b.HostIP.IsUnspecified() {
				bound[i].HostIP = netip.MustParseAddr(inspect.Loopback)
			}
		}
		ports[p] = slices.CompactFunc(bound, func(a, b network.PortBinding) bool { return a == b })
	}
}
