package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"bulkhead/inspect"
)

// engine is what the engine says of itself; without one the rest is unknown.
func (m Machine) engine(ctx context.Context) ([]Item, inspect.Host) {
	const group = "engine"
	bounded, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	host, err := m.Engine(bounded)
	reach := Item{Group: group, Name: "Docker Engine", State: Present, For: "everything but the audit of Compose files (-f)"}
	if err != nil {
		reach.State, reach.Detail = Missing, show(err.Error())
		var hinted interface{ Hint() string }
		if errors.As(err, &hinted) {
			reach.Get = show(hinted.Hint())
		}
		return []Item{reach}, inspect.Host{}
	}
	reach.Detail = fmt.Sprintf("%s at %s", show(host.Version), show(host.Endpoint))
	fact := func(name, value, good string) Item {
		it := Item{Group: group, Name: name, State: Present, Detail: show(value), For: good}
		if value == "" {
			it.State, it.Detail = Unknown, "the engine does not say"
		}
		return it
	}
	local := Item{Group: group, Name: "same machine", State: Present, Detail: "its containers run on this kernel",
		For: "evidence from running processes, daemon.json and the socket's group"}
	if !host.Local {
		local.State, local.Detail = Missing, "its containers run elsewhere, or in a virtual machine"
		local.Get = "Run bulkhead on the engine's own machine, or take a snapshot there."
	}
	return []Item{
		reach,
		fact("API", host.APIVersion, "talking to the engine; 1.41 or newer"),
		fact("storage driver", host.StorageDriver, "what a container's root filesystem is made of"),
		fact("cgroup version", host.CgroupVersion, "limits, and telling containers apart"),
		fact("default runtime", host.DefaultRuntime, "starting containers"),
		module("seccomp", host.Seccomp, "refusing system calls", "Use a kernel with CONFIG_SECCOMP_FILTER and an engine built with seccomp."),
		lsm(host),
		module("user namespaces", host.Rootless || host.UsernsRemap, "root in a container is nobody on the host",
			"Run the engine rootless, or set userns-remap in daemon.json. Both have costs; the steps for this machine: `bulkhead doctor --for rootless` or `--for userns-remap`."),
		local,
	}, host
}

// module is something the engine uses or does not.
func module(name string, on bool, good, get string) Item {
	it := Item{Group: "engine", Name: name, State: Present, Detail: "in use", For: good}
	if !on {
		it.State, it.Detail, it.Get = Missing, "not in use", get
	}
	return it
}

// lsm is the mandatory access control that the engine confines containers with.
func lsm(host inspect.Host) Item {
	var names []string
	if host.AppArmor {
		names = append(names, "AppArmor")
	}
	if host.SELinux {
		names = append(names, "SELinux")
	}
	it := module("AppArmor or SELinux", len(names) > 0, "confining files, networks and signals",
		"Boot a kernel with AppArmor (Debian, Ubuntu, SUSE) or SELinux (Fedora, RHEL), and let the engine use it.")
	if len(names) > 0 {
		it.Detail = strings.Join(names, " and ")
	}
	return it
}

// show makes foreign text one printable line.
func show(s string) string {
	return inspect.Truncate(inspect.Printable(strings.Join(strings.Fields(s), " ")), 160)
}
