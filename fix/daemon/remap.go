package daemon

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
)

// toRemap are the steps to an engine that runs as root and whose containers
// have users of their own (docs.docker.com/engine/security/userns-remap).
func (m Machine) toRemap() []Step {
	name, uid := m.remap.value.Name, m.remap.value.UID
	uids, gids := m.uids.value.Of(name, uid), m.gids.value.Of(name, uid)
	root, ok := m.mappedRoot()
	if !ok {
		root = m.base() + "/UID.GID"
	}
	return []Step{
		m.possible(),
		m.readable(),
		m.remapUser(),
		m.set(),
		m.host(),
		m.restart(),
		m.fresh(m.Host.UsernsRemap, root),
		m.carried(m.Host.UsernsRemap, m.remapped, root, rule(uids, fact[Account]{})),
		m.binds(uids, gids, fact[Account]{}),
	}
}

// possible is whether the kernel has user namespaces at all.
func (m Machine) possible() Step {
	return m.here(Step{
		Do:       "Use a kernel with user namespaces.",
		Why:      "The engine puts every container into one.",
		Commands: []string{"sudo sysctl user.max_user_namespaces=28633"},
	}, func() (Progress, string) {
		if m.userNamespaces.unknown != "" {
			return doubt(m.userNamespaces.unknown)
		}
		return verdict(m.userNamespaces.value > 0, "user.max_user_namespaces is %d", m.userNamespaces.value)
	})
}

// readable is whether the daemon can read both files: unlike shadow it refuses
// a line that it does not understand.
func (m Machine) readable() Step {
	return m.here(Step{
		Do:  "Keep /etc/subuid and /etc/subgid free of lines that are none of subuid(5).",
		Why: "The daemon does not start with userns-remap beside such a line.",
	}, func() (Progress, string) {
		if m.uids.unknown+m.gids.unknown != "" {
			return doubt(m.uids.unknown, m.gids.unknown)
		}
		var bad []string
		for _, f := range []struct {
			name string
			ids  SubIDs
		}{{"/etc/subuid", m.uids.value}, {"/etc/subgid", m.gids.value}} {
			for _, n := range f.ids.Bad {
				bad = append(bad, fmt.Sprintf("%s:%d", f.name, n))
			}
		}
		return verdict(len(bad) == 0, "%s", map[bool]string{true: "every line is read", false: "not understood: " + list(bad)}[len(bad) == 0])
	})
}

// remapUser is whose subordinate IDs the containers get.
func (m Machine) remapUser() Step {
	name := inspect.Printable(m.remap.value.Name)
	s := Step{Do: fmt.Sprintf("Give %s at least %d subordinate user and group IDs.", name, enough)}
	if name == "dockremap" {
		s.Why = fmt.Sprintf("They become the users inside; an image may take %d of each for granted. The daemon makes dockremap and its ranges by itself where they are missing; made beforehand, it is known which they are.", enough)
		if m.remap.unknown != "" && m.elsewhere == "" {
			s.Commands = []string{"sudo useradd --system --user-group --shell /usr/sbin/nologin dockremap"}
		}
	}
	return m.subordinate(m.remap, s)
}

func (m Machine) set() Step {
	return m.here(Step{
		Do:       "Set userns-remap in daemon.json.",
		Why:      "With \"default\" the daemon takes the user dockremap.",
		Commands: []string{"bulkhead write --to daemon --set userns-remap -o /etc/docker/daemon.json"},
	}, func() (Progress, string) {
		if m.setting.unknown != "" {
			return doubt(m.setting.unknown)
		}
		if m.setting.value == "" {
			return verdict(false, "/etc/docker/daemon.json does not set it")
		}
		return verdict(true, "it is %q", inspect.Printable(m.setting.value))
	})
}

// host is what the engine refuses beside mapped users (moby daemon/
// daemon_unix.go, verifyPlatformContainerSettings).
func (m Machine) host() Step {
	mappedStill := func(so func(inspect.Settings) bool) func(inspect.Settings) bool {
		return func(s inspect.Settings) bool { return s.Namespaces.User != "host" && so(s) }
	}
	kinds := []hindrance{
		{"--privileged", mappedStill(func(s inspect.Settings) bool { return s.Privileged })},
		{"--network=host", mappedStill(func(s inspect.Settings) bool { return s.Namespaces.Network == "host" })},
		{"--pid=host", mappedStill(func(s inspect.Settings) bool { return s.Namespaces.PID == "host" })},
	}
	return m.asked(Step{
		Do:   "Give --userns=host to containers that need the host's namespaces, or take those from them.",
		Why:  "The engine refuses --privileged, --network=host and --pid=host beside mapped users. Compose says `userns_mode: host`.",
		Cost: "Such a container is as open as before. Others lose devices and mknod, and what is bound in from the host is read as by a stranger.",
	}, func() (Progress, string) {
		if broken := hindered(kinds, m.Stock); len(broken) > 0 {
			return verdict(false, "%s", strings.Join(broken, "; "))
		}
		return verdict(true, "none of %s needs it", count(len(m.Stock.Workloads), "workload"))
	})
}

func (m Machine) restart() Step {
	return m.asked(Step{
		Do:       "Restart the daemon.",
		Why:      "It reads the setting only when it starts.",
		Cost:     "Containers stop, and those of the old store are not seen until the setting is taken out again.",
		Commands: []string{"sudo systemctl restart docker"},
	}, func() (Progress, string) {
		return verdict(m.Host.UsernsRemap, "the engine at %s %s", inspect.Printable(m.Host.Endpoint), map[bool]string{true: "maps users", false: "does not map users"}[m.Host.UsernsRemap])
	})
}
