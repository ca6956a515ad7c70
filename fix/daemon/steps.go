package daemon

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
)

// Step is one item of a checklist.
type Step struct {
	// Do says the step, Why what it is for or what it costs.
	Do, Why string
	// Commands are typed by a person: nothing runs them here.
	Commands []string
	// Done says that this machine is that far already.
	Done bool
	// Check is the audit's check, Doctor the item of `bulkhead doctor`, that
	// tells once the step is taken; both empty for what nothing can tell.
	Check, Doctor string
}

// enough is how many IDs an image may take for granted: uids to 65535.
const enough = 65536

// rootCheck and namespaces tell that root inside is nobody outside.
const (
	rootCheck  = "engine-root"
	namespaces = "user namespaces"
)

// Rootless are the steps to an engine that an ordinary user runs
// (docs.docker.com/engine/security/rootless).
func Rootless(m Machine) []Step {
	return []Step{
		m.subordinate(m.User),
		{
			Do: "Install the programs that set up a user namespace and its network.", Check: rootCheck, Done: m.Host.Rootless,
			Commands: []string{"sudo apt-get install uidmap dbus-user-session slirp4netns"},
			Why:      "newuidmap and newgidmap map the IDs; slirp4netns carries the packets, which costs throughput, and every client seems to come from one address.",
		},
		{
			Do: "Use cgroup version 2, so that limits hold.", Doctor: "cgroup version", Done: m.Host.CgroupVersion == "2",
			Why: "Without it a rootless engine passes over memory, CPU and process limits. Boot with systemd.unified_cgroup_hierarchy=1.",
		},
		m.lowPorts(),
		{
			Do: "Stop the engine that runs as root, and start one as " + m.User + ".", Check: rootCheck, Doctor: namespaces, Done: m.Host.Rootless,
			Commands: []string{"sudo systemctl disable --now docker.service docker.socket", "dockerd-rootless-setuptool.sh install", "docker context use rootless"},
			Why:      "Its images, containers and volumes are new ones, below ~/.local/share/docker. AppArmor and overlay networks are not to be had.",
		},
		m.storage(),
		{
			Do: "Let it run while nobody is logged in.", Check: rootCheck, Done: m.Host.Rootless,
			Commands: []string{"sudo loginctl enable-linger " + m.User, "systemctl --user enable docker"},
		},
		move("its volumes", "each volume's data, as root inside owns it: `docker run --rm -v OLD:/from:ro -v VOLUME:/to IMAGE cp -a /from/. /to` run by the new engine on a copy it may read"),
	}
}

// Remap are the steps to an engine that runs as root and whose containers have
// users of their own (docs.docker.com/engine/security/userns-remap).
func Remap(m Machine) []Step {
	const user = "dockremap" // what "default" stands for
	return []Step{
		m.subordinate(user),
		{
			Do: "Set userns-remap to default in daemon.json, and restart the daemon.", Check: rootCheck, Doctor: namespaces, Done: m.Host.UsernsRemap,
			Commands: []string{"bulkhead write --to daemon --set userns-remap", "sudo systemctl restart docker"},
			Why:      "The daemon makes the user dockremap by itself, and begins with an empty store below /var/lib/docker/" + m.first(user) + ".",
		},
		m.shift(user),
		{
			Do: "Give --userns=host to containers that need the host's users.", Check: rootCheck, Done: m.Host.UsernsRemap,
			Why: "The engine refuses --privileged, --network=host and --pid=host beside mapped users. Such a container is as open as before.",
		},
	}
}

// subordinate are the IDs that the namespace is made of.
func (m Machine) subordinate(user string) Step {
	step := Step{
		Do: fmt.Sprintf("Give %s at least %d subordinate user and group IDs.", user, enough), Check: rootCheck,
		Commands: []string{fmt.Sprintf("sudo usermod --add-subuids %s --add-subgids %[1]s %s", m.freeRange(), user)},
	}
	uid, uids := widest(m.UIDs[user])
	gid, gids := widest(m.GIDs[user])
	if uids >= enough && gids >= enough {
		step.Done = true
		step.Why = fmt.Sprintf("It has: user IDs from %d, group IDs from %d.", uid, gid)
		return step
	}
	step.Why = "/etc/subuid and /etc/subgid give it none, or fewer."
	if m.UIDs == nil || m.GIDs == nil {
		step.Why = "Whether it has is not known: " + strings.Join(m.Unread, " ")
	}
	return step
}

// widest is the largest of the ranges.
func widest(ranges []Range) (start, count uint32) {
	for _, r := range ranges {
		if r.Count > count {
			start, count = r.Start, r.Count
		}
	}
	return start, count
}

// freeRange is a block behind all that are given, as usermod takes it.
func (m Machine) freeRange() string {
	next := uint64(100000) // where shadow begins (login.defs(5), SUB_UID_MIN)
	for _, given := range []map[string][]Range{m.UIDs, m.GIDs} {
		for _, ranges := range given {
			for _, r := range ranges {
				next = max(next, uint64(r.Start)+uint64(r.Count))
			}
		}
	}
	return fmt.Sprintf("%d-%d", next, next+enough-1)
}

// lowPorts is about ports below 1024, which an ordinary user may not bind.
func (m Machine) lowPorts() Step {
	step := Step{
		Do:       "Publish ports from 1024 on, or let users bind lower ones.",
		Commands: []string{"echo net.ipv4.ip_unprivileged_port_start=80 | sudo tee /etc/sysctl.d/50-ports.conf", "sudo sysctl --system"},
		Why:      "Then every user of the machine may bind them.",
	}
	if m.LowPort > 0 {
		step.Done = m.LowPort <= 80
		step.Why = fmt.Sprintf("Users may bind ports from %d on today. Lowered, it holds for every user of the machine.", m.LowPort)
	}
	return step
}

// storage is about the driver: overlay2 in a user namespace needs Linux 5.11.
func (m Machine) storage() Step {
	return Step{
		Do: "Look which storage driver it came up with.", Doctor: "storage driver", Done: m.Host.Rootless && m.Host.StorageDriver == "overlay2",
		Why: "overlay2 needs Linux 5.11 in a user namespace; before that it is fuse-overlayfs, which is slower.",
	}
}

// first is the directory's name that the engine makes of the range: UID.GID.
func (m Machine) first(user string) string {
	uid, uids := widest(m.UIDs[user])
	gid, gids := widest(m.GIDs[user])
	if uids == 0 || gids == 0 {
		return "UID.GID"
	}
	return fmt.Sprintf("%d.%d", uid, gid)
}

// shift is what has to happen to data: owner N becomes the range's start + N.
func (m Machine) shift(user string) Step {
	step := move("volumes and writable bind mounts", "a copy of each: the owner N must become START+N, where START is the first subordinate ID")
	if uid, count := widest(m.UIDs[user]); count > 0 {
		step.Why += fmt.Sprintf(" START is %d here: what uid 999 owns today must belong to %d.", uid, uint64(uid)+999)
	}
	return step
}

// move is the step that no program here can take or tell.
func move(what, how string) Step {
	return Step{
		Do:  "Bring over " + inspect.Printable(what) + ".",
		Why: "Move " + how + ". Keep the old until the services were seen to work. Nothing here can tell whether this was done: look at each service's own data.",
	}
}
