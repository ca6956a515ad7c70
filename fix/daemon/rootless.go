package daemon

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// toRootless are the steps to an engine that an ordinary user runs
// (docs.docker.com/engine/security/rootless).
func (m Machine) toRootless() []Step {
	uids := m.uids.value.Of(m.user.value.Name, m.user.value.UID)
	gids := m.gids.value.Of(m.user.value.Name, m.user.value.UID)
	self := m.user
	self.value.Name = m.who()
	root := m.rootlessRoot()
	if m.user.value.Home == "" && !m.Host.Rootless {
		root = "~/.local/share/docker"
	}
	return []Step{
		m.subordinate(m.user, Step{Do: fmt.Sprintf("Give %s at least %d subordinate user and group IDs.", m.who(), enough)}),
		m.mapping(),
		m.namespaces(),
		m.network(),
		m.kit(),
		m.manager(),
		m.delegation(),
		m.lowPorts(),
		m.lost(),
		m.start(),
		m.storage(),
		m.lingering(),
		m.fresh(m.Host.Rootless, root),
		m.carried(m.Host.Rootless, m.rootless, root, rule(uids, self)),
		m.binds(uids, gids, self),
	}
}

// who is the user's printable name, or a word for it.
func (m Machine) who() string {
	if m.user.value.Name == "" {
		return "the user"
	}
	return inspect.Printable(m.user.value.Name)
}

func (m Machine) mapping() Step {
	s := m.here(Step{
		Do:  "Install newuidmap and newgidmap.",
		Why: "They map the subordinate IDs for a user who is not root (newuidmap(1)).",
	}, func() (Progress, string) {
		switch {
		case m.program["newuidmap"] == "" || m.program["newgidmap"] == "":
			return verdict(false, "they are not there")
		case m.helpers.unknown != "":
			return doubt(m.helpers.unknown)
		}
		return verdict(m.helpers.value, "%s and %s, both setuid root", m.program["newuidmap"], m.program["newgidmap"])
	})
	return m.installing(s, "newuidmap")
}

// installing adds the command to an open step.
func (m Machine) installing(s Step, names ...string) Step {
	if command := m.install(names...); s.State == Open && command != "" {
		s.Commands = append([]string{command}, s.Commands...)
	}
	return s
}

// namespaces is whether the kernel lets ordinary users make them.
func (m Machine) namespaces() Step {
	s := Step{
		Do:   "Let ordinary users make user namespaces.",
		Why:  "A rootless engine lives in one. Debian and Ubuntu have switches of their own beside the kernel's (user_namespaces(7)).",
		Cost: "A hole in the kernel that only root of a namespace could use comes within reach of every user.",
	}
	return m.here(s, func() (Progress, string) {
		switch {
		case m.userNamespaces.unknown+m.unprivileged.unknown+m.restricted.unknown != "":
			return doubt(m.userNamespaces.unknown, m.unprivileged.unknown, m.restricted.unknown)
		case m.userNamespaces.value == 0:
			return verdict(false, "user.max_user_namespaces is 0: set it with `sudo sysctl user.max_user_namespaces=28633`")
		case m.unprivileged.value == 0:
			return verdict(false, "kernel.unprivileged_userns_clone is 0: set it with `sudo sysctl kernel.unprivileged_userns_clone=1`")
		case m.restricted.value == 1 && m.profile.unknown != "":
			return doubt(m.profile.unknown)
		case m.restricted.value == 1 && !m.profile.value:
			return verdict(false, "kernel.apparmor_restrict_unprivileged_userns is 1, and no AppArmor profile in /etc/apparmor.d lets rootlesskit make one (a profile with `userns,` for its path)")
		case m.restricted.value == 1:
			return verdict(true, "AppArmor restricts them, and has a profile for rootlesskit")
		}
		return verdict(true, "user.max_user_namespaces is %d, and nothing forbids them", m.userNamespaces.value)
	})
}

// network is the program that carries the packets, and what that costs.
func (m Machine) network() Step {
	s := m.here(Step{
		Do:   "Install pasta or slirp4netns.",
		Why:  "One of them carries the packets between the namespace and the host, as a program of the user.",
		Cost: "Packets are copied by a program instead of the kernel. RootlessKit's own figures for a published port are 7.6 Gbit/s with slirp4netns's port driver, 29 with the builtin one, 40 with pasta. The builtin driver hides the client's address from the service unless it is new enough and the userland proxy is off.",
	}, func() (Progress, string) {
		for _, name := range networks {
			if at := m.program[name]; at != "" {
				return verdict(true, "%s", at)
			}
		}
		return verdict(false, "neither %s is there", strings.Join(networks, " nor "))
	})
	return m.installing(s, "slirp4netns")
}

// kit is what starts dockerd in the namespace.
func (m Machine) kit() Step {
	return m.here(Step{
		Do:       "Install rootlesskit and the engine's rootless scripts.",
		Why:      "dockerd-rootless.sh starts the daemon through rootlesskit; dockerd-rootless-setuptool.sh makes a service of it.",
		Commands: m.extras(),
	}, func() (Progress, string) {
		var missing, there []string
		for _, name := range []string{"rootlesskit", "dockerd-rootless.sh", "dockerd-rootless-setuptool.sh"} {
			if at := m.program[name]; at != "" {
				there = append(there, at)
			} else {
				missing = append(missing, name)
			}
		}
		if len(missing) > 0 {
			return verdict(false, "not there: %s", strings.Join(missing, ", "))
		}
		return verdict(true, "%s", strings.Join(there, ", "))
	})
}

// extras get the scripts: Docker's own packages have them in one, Debian's
// docker.io brings them along below /usr/share.
func (m Machine) extras() []string {
	if m.program["rootlesskit"] != "" && m.program["dockerd-rootless-setuptool.sh"] != "" {
		return nil
	}
	if strings.HasPrefix(m.program["dockerd-rootless-setuptool.sh"], "/"+contrib) {
		if command := m.install("rootlesskit"); command != "" {
			return []string{command}
		}
	}
	if command := m.install("docker-ce-rootless-extras"); command != "" {
		return []string{command}
	}
	return nil
}

// manager is the user's systemd and its bus.
func (m Machine) manager() Step {
	s := m.here(Step{
		Do:   "Log in as the user with a session of systemd and a bus of its own.",
		Why:  "Limits of a rootless engine are set through the user's systemd; without it they are passed over.",
		Cost: "Without systemd the engine can be started by hand with dockerd-rootless.sh; limits do not hold then.",
	}, func() (Progress, string) {
		switch {
		case m.systemd.unknown != "":
			return doubt(m.systemd.unknown)
		case !m.systemd.value:
			return verdict(false, "systemd does not run this machine")
		case m.user.unknown != "" || m.session.unknown != "":
			return doubt(m.user.unknown, m.session.unknown)
		case !m.session.value:
			return verdict(false, "there is no /run/user/%s/bus; log in as %s, not by su or sudo", m.user.value.UID, m.who())
		}
		return verdict(true, "/run/user/%s/bus", m.user.value.UID)
	})
	if m.systemd.value {
		return m.installing(s, "bus")
	}
	return s
}

// controls are the cgroup controllers that docker's limits need.
var controls = []string{"cpu", "cpuset", "io", "memory", "pids"}

func (m Machine) delegation() Step {
	return m.here(Step{
		Do:  "Use cgroup version 2, and delegate its controllers to users.",
		Why: "Without them a rootless engine passes over limits of memory, processors, processes and I/O.",
		Commands: []string{
			"sudo mkdir -p /etc/systemd/system/user@.service.d",
			`printf '[Service]\nDelegate=cpu cpuset io memory pids\n' | sudo tee /etc/systemd/system/user@.service.d/delegate.conf`,
			"sudo systemctl daemon-reload",
		},
	}, func() (Progress, string) {
		switch {
		case m.controllers.unknown != "":
			return doubt(m.controllers.unknown)
		case len(m.controllers.value) == 0:
			return verdict(false, "this machine uses cgroup version 1: boot with systemd.unified_cgroup_hierarchy=1 first")
		case m.delegated.unknown != "":
			return doubt(m.delegated.unknown)
		case len(m.delegated.value) == 0:
			return doubt(fmt.Sprintf("%s has no session now, so what is delegated to it does not show", m.who()))
		}
		var missing []string
		for _, c := range controls {
			if !slices.Contains(m.delegated.value, c) {
				missing = append(missing, c)
			}
		}
		if len(missing) > 0 {
			return verdict(false, "not delegated to %s: %s", m.who(), strings.Join(missing, ", "))
		}
		return verdict(true, "%s has %s", m.who(), strings.Join(controls, ", "))
	})
}

// lowPorts is about ports below 1024, which an ordinary user may not bind.
func (m Machine) lowPorts() Step {
	low, names := m.Stock.lowPort()
	s := Step{
		Do:   "Publish ports from 1024 on, or let users bind lower ones.",
		Why:  "An ordinary user may not bind a port below net.ipv4.ip_unprivileged_port_start (ip(7)).",
		Cost: "Lowered, every user of the machine may bind them.",
	}
	if low > 0 {
		s.Commands = []string{
			fmt.Sprintf("echo net.ipv4.ip_unprivileged_port_start=%d | sudo tee /etc/sysctl.d/50-ports.conf", low),
			"sudo sysctl --system",
		}
		if at := m.program["rootlesskit"]; at != "" {
			s.Commands = append(s.Commands, "sudo setcap cap_net_bind_service=ep "+at+"   # instead: rootlesskit alone may")
		}
	}
	return m.asked(s, func() (Progress, string) {
		switch {
		case low == 0:
			return verdict(true, "no container publishes one")
		case m.elsewhere != "" || m.lowPort.unknown != "":
			return doubt(m.elsewhere, m.lowPort.unknown)
		}
		return verdict(m.lowPort.value <= int64(low), "users may bind ports from %d on; the lowest that is published is %d (%s)", m.lowPort.value, low, list(names))
	})
}

// lost is what a rootless engine cannot give (docs.docker.com/engine/security/
// rootless, known limitations).
func (m Machine) lost() Step {
	kinds := []hindrance{
		{"--network=host is the namespace of rootlesskit, not the host's", func(s inspect.Settings) bool { return s.Namespaces.Network == "host" }},
		{"--pid=host shows the user's processes alone", func(s inspect.Settings) bool { return s.Namespaces.PID == "host" }},
		{"--privileged gives what the user has, no more", func(s inspect.Settings) bool { return s.Privileged }},
		{"devices need the user's own right to them", func(s inspect.Settings) bool { return len(s.Devices) > 0 }},
		{"AppArmor profiles cannot be given", func(s inspect.Settings) bool { return s.AppArmor != "" && s.AppArmor != "unconfined" }},
	}
	return m.asked(Step{
		Do:   "Change what a rootless engine cannot run as before.",
		Why:  "It has no right of the host to give away.",
		Cost: "AppArmor, overlay networks, checkpoints and SCTP ports are not to be had.",
	}, func() (Progress, string) {
		if broken := hindered(kinds, m.Stock); len(broken) > 0 {
			return verdict(false, "%s", strings.Join(broken, "; "))
		}
		return verdict(true, "none of %s needs it", count(len(m.Stock.Workloads), "workload"))
	})
}

func (m Machine) start() Step {
	setup := "dockerd-rootless-setuptool.sh"
	if at := m.program[setup]; at != "" && !slices.Contains(folders, strings.TrimPrefix(path.Dir(at), "/")) {
		setup = at
	}
	return m.asked(Step{
		Do:       fmt.Sprintf("Stop the engine that runs as root, and start one as %s.", m.who()),
		Why:      "Both may run beside each other; their containers, networks and ports are apart.",
		Commands: []string{"sudo systemctl disable --now docker.service docker.socket", setup + " install   # as the user, in its own session", "docker context use rootless"},
	}, func() (Progress, string) {
		return verdict(m.Host.Rootless, "the engine at %s %s", inspect.Printable(m.Host.Endpoint), map[bool]string{true: "is rootless", false: "is not rootless"}[m.Host.Rootless])
	})
}

// storage is about the driver: overlay2 in a user namespace needs Linux 5.11.
func (m Machine) storage() Step {
	s := Step{
		Do:   "Look which storage driver it comes up with.",
		Why:  "overlay2 works in a user namespace from Linux 5.11 on; before that it is fuse-overlayfs, or vfs, which copies every layer.",
		Cost: "fuse-overlayfs answers every file operation from a program of the user.",
	}
	return m.asked(s, func() (Progress, string) {
		driver := inspect.Printable(m.Host.StorageDriver)
		if m.Host.Rootless {
			return verdict(driver == "overlay2" || driver == "overlayfs", "it uses %s", driver)
		}
		major, minor, ok := release(m.Host.Kernel)
		switch {
		case !ok:
			return doubt("the kernel's version is not known")
		case major > 5 || major == 5 && minor >= 11:
			return doubt(fmt.Sprintf("Linux %d.%d is new enough for overlay2; what it takes shows once it runs", major, minor))
		case m.elsewhere == "" && m.program["fuse-overlayfs"] != "":
			return doubt(fmt.Sprintf("Linux %d.%d is too old for overlay2, and %s is there; what it takes shows once it runs", major, minor, m.program["fuse-overlayfs"]))
		}
		return verdict(false, "Linux %d.%d is too old for overlay2, and fuse-overlayfs was not seen", major, minor)
	})
}

func (m Machine) lingering() Step {
	s := Step{
		Do:  "Let it run while nobody is logged in.",
		Why: "A user's services end with the last session otherwise (loginctl(1), enable-linger).",
	}
	if name := m.user.value.Name; plainName(name) {
		s.Commands = []string{"sudo loginctl enable-linger " + name, "systemctl --user enable docker   # as the user"}
	}
	return m.here(s, func() (Progress, string) {
		if m.user.value.Name == "" || m.linger.unknown != "" {
			return doubt(m.linger.unknown, m.user.unknown)
		}
		return verdict(m.linger.value, "/var/lib/systemd/linger/%s %s", m.who(), map[bool]string{true: "is there", false: "is not there"}[m.linger.value])
	})
}
