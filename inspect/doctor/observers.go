package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// obstacle is what speaks against an observer, or why it is not known whether
// something does.
type obstacle struct {
	state       State
	reason, get string
}

// observers are the ways to watch containers, the best first, with what speaks
// against each on this engine and its kernel. None is tried. The costs were
// measured on Linux 6.18 with two processors: how many times longer work takes
// that does nothing but call the kernel. BenchmarkOpenCloseByBackend measures
// files, all three in one run.
func (m Machine) observers(host inspect.Host, kernel []Item) []Item {
	state := func(name string) Item {
		for _, it := range kernel {
			if it.Name == name {
				return it
			}
		}
		return Item{State: Unknown}
	}
	users := ""
	if !host.Remap.None() {
		users = ", left out of the remapping of users"
	}
	return []Item{
		observer("eBPF", "copies and running containers (observe --live), and trials",
			"0.2 µs a system call, 1.1 to 1.5 times on opening and closing files; a helper with CAP_SYS_ADMIN, or with BPF and PERFMON since Engine 23.0"+users,
			"what is done through io_uring, which is said where it is set up",
			m.againstBPF(host, state)),
		observer("ptrace", "copies, where eBPF is refused, as in rootless engines",
			"23 to 123 times on system calls, 37 to 46 on opening and closing files; the copy's program is started by a static bulkhead: one built with CGO_ENABLED=0, or named in BULKHEAD_HELPER",
			"capability checks, whether a seccomp profile or the kernel refused, running containers, health checks",
			m.againstPtrace(host, state)),
		observer("kernel's log", "which system calls a copy makes, where the others are refused",
			"17 to 40 times on system calls, 2.5 to 5.4 on opening and closing files; fills the kernel's log where no audit daemon takes it; a helper with CAP_AUDIT_READ on the host's network"+users,
			"files, sockets, programs, users, errors, capability checks, running containers; the copy goes without its own seccomp profile",
			m.againstLog(host)),
	}
}

func observer(name, good, cost, unseen string, against *obstacle) Item {
	it := Item{Group: "observing", Name: name, State: Present, Detail: "nothing speaks against it", For: good, Cost: cost, Unseen: unseen}
	if against != nil {
		it.State, it.Detail, it.Get = against.state, against.reason, against.get
	}
	return it
}

// elsewhere is why nothing can be said of the engine, or of its kernel.
func (m Machine) elsewhere(host inspect.Host) *obstacle {
	const get = "`bulkhead observe` tries it, and says what it met."
	switch {
	case !host.Known():
		return &obstacle{Unknown, "the engine does not answer", "Reach the engine first."}
	case !host.Local:
		return &obstacle{Unknown, "the engine's kernel is not this machine's", get}
	case m.OS != "linux":
		return &obstacle{Unknown, "containers do not run on this kernel", get}
	}
	return nil
}

// unprivileged is an engine whose containers have no privilege over its host's
// kernel.
func unprivileged(host inspect.Host) *obstacle {
	if why := host.Powerless(); why != "" {
		return &obstacle{Missing, why, observe.NeedsNoPrivilege}
	}
	return nil
}

func (m Machine) againstBPF(host inspect.Host, kernel func(string) Item) *obstacle {
	if no := unprivileged(host); no != nil {
		return no
	}
	if older(host.Kernel, 5, 11) {
		return &obstacle{Missing, "the engine's kernel is " + show(host.Kernel), "Use Linux 5.11 or newer."}
	}
	if no := m.elsewhere(host); no != nil {
		return no
	}
	for _, name := range []string{"BTF types", "ring buffer for eBPF", "system call tracepoints", "cgroup tracepoint"} {
		if it := kernel(name); it.State == Missing {
			return &obstacle{Missing, it.Detail, it.Get}
		}
	}
	// Only this mode keeps programs from reading the kernel's memory
	// (LOCKDOWN_BPF_READ_KERNEL, include/linux/security.h, Linux 6.12).
	if it := kernel("no lockdown"); it.State == Missing && strings.Contains(it.Detail, "confidentiality") {
		return &obstacle{Missing, it.Detail, it.Get}
	}
	if it := kernel("BTF types"); it.State == Unknown {
		return &obstacle{Unknown, it.Detail, it.Get}
	}
	return nil
}

func (m Machine) againstPtrace(host inspect.Host, kernel func(string) Item) *obstacle {
	if !host.Known() {
		return m.elsewhere(host)
	}
	if older(host.Kernel, 5, 3) {
		return &obstacle{Missing, "the engine's kernel is " + show(host.Kernel), "Use Linux 5.3 or newer."}
	}
	if no := m.elsewhere(host); no != nil {
		return no
	}
	if it := kernel("ptrace"); it.State != Present {
		return &obstacle{it.State, it.Detail, it.Get}
	}
	return nil
}

func (m Machine) againstLog(host inspect.Host) *obstacle {
	if no := unprivileged(host); no != nil {
		return no
	}
	if no := m.elsewhere(host); no != nil {
		return no
	}
	if !host.Seccomp {
		return &obstacle{Missing, "the engine uses no seccomp", "Use a kernel with CONFIG_SECCOMP_FILTER and an engine built with seccomp."}
	}
	const actions = "proc/sys/kernel/seccomp/actions_logged"
	text, err := m.read(actions)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &obstacle{Missing, "there is no /" + actions, "Use Linux 4.14 or newer."}
	case err != nil:
		return &obstacle{Unknown, reason(err), "Run bulkhead as root."}
	case !strings.Contains(" "+strings.Join(strings.Fields(text), " ")+" ", " log "):
		return &obstacle{Missing, "kernel.seccomp.actions_logged has no log",
			fmt.Sprintf("sysctl -w kernel.seccomp.actions_logged=\"%s log\"", show(text))}
	}
	// Only a kernel with CONFIG_AUDIT shows it (fs/proc/base.c, Linux 6.12).
	if state, detail := m.exists("proc/self/loginuid"); state != Present {
		return &obstacle{state, detail + ", so the kernel has no audit", "Use a kernel with CONFIG_AUDIT."}
	}
	return nil
}

// older says that a kernel's release is older than the version; one that cannot
// be read is not.
func older(release string, major, minor int) bool {
	var a, b int
	if n, _ := fmt.Sscanf(release, "%d.%d", &a, &b); n < 2 {
		return false
	}
	return a < major || a == major && b < minor
}
