package engine

import (
	"context"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"bulkhead/inspect"

	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/client"
)

// readHost asks the engine what it and its machine offer.
func readHost(ctx context.Context, api *client.Client, at address, ping client.PingResult) (inspect.Host, system.Info, error) {
	version, err := api.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return inspect.Host{}, system.Info{}, fmt.Errorf("asking for its version: %w", err)
	}
	if err := checkAge(at, version.APIVersion); err != nil {
		return inspect.Host{}, system.Info{}, err
	}
	if version.Version == "" || version.APIVersion == "" {
		return inspect.Host{}, system.Info{}, fmt.Errorf("it does not say its version")
	}
	if ping.OSType == "windows" || version.Os == "windows" {
		return inspect.Host{}, system.Info{}, &ConnectError{
			What: fmt.Sprintf("The engine at %s runs Windows containers; bulkhead hardens Linux containers.", at),
			Next: "In Docker Desktop choose \"Switch to Linux containers\", or choose another engine with --host or --context.",
		}
	}
	info, err := api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return inspect.Host{}, system.Info{}, fmt.Errorf("asking what it offers: %w", err)
	}
	host := toHost(info.Info)
	host.Endpoint, host.Context = at.Host, at.Context
	host.Version, host.APIVersion = version.Version, api.ClientVersion()
	host.Local = local(at, host)
	return host, info.Info, nil
}

// remapped reads whom an engine remaps root to from its data directory, which it
// calls by that: /var/lib/docker/100000.100000 (moby daemon/daemon_unix.go,
// setupDaemonRoot).
func remapped(dataDir string) inspect.Remap {
	user, group, _ := strings.Cut(path.Base(dataDir), ".")
	uid, err := strconv.Atoi(user)
	gid, groupErr := strconv.Atoi(group)
	if err != nil || groupErr != nil || uid < 0 || gid < 0 {
		return inspect.Remap{}
	}
	return inspect.Remap{UID: uid, GID: gid}
}

// toHost keeps what matters of the engine's description of itself.
func toHost(info system.Info) inspect.Host {
	host := inspect.Host{
		Name:           info.Name,
		Version:        info.ServerVersion,
		OS:             info.OSType,
		Arch:           info.Architecture,
		Kernel:         info.KernelVersion,
		CPUs:           info.NCPU,
		CgroupVersion:  info.CgroupVersion,
		StorageDriver:  info.Driver,
		DefaultRuntime: info.DefaultRuntime,
		LogDriver:      info.LoggingDriver,
	}
	if host.OS == "" {
		host.OS = "linux"
	}
	// moby daemon/info.go, fillSecurityOptions: "name=seccomp,profile=builtin".
	for _, option := range info.SecurityOptions {
		fields := map[string]string{}
		for field := range strings.SplitSeq(option, ",") {
			key, value, _ := strings.Cut(field, "=")
			fields[key] = value
		}
		switch fields["name"] {
		case "rootless":
			host.Rootless = true
		case "userns":
			host.UsernsRemap = true
			host.Remap = remapped(info.DockerRootDir)
		case "seccomp":
			host.Seccomp, host.SeccompProfile = true, fields["profile"]
		case "apparmor":
			host.AppArmor = true
		case "selinux":
			host.SELinux = true
		case "no-new-privileges":
			host.NoNewPrivileges = true
		}
	}
	return host
}

// local says whether the engine's containers run on this machine's kernel. A
// socket proves nothing: Docker Desktop's leads into a virtual machine, an ssh
// tunnel's anywhere. So the engine must name this kernel and this host, too.
func local(at address, host inspect.Host) bool {
	if at.scheme() != "unix" || host.OS != "linux" {
		return false
	}
	kernel, name := kernelRelease(), hostname()
	return kernel != "" && kernel == host.Kernel && name != "" && name == host.Name
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
