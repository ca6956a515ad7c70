package check

import (
	"fmt"

	"bulkhead/inspect"
)

// capDanger is what one capability beyond the engine's default set opens.
type capDanger struct {
	name string
	gain gain
	door door
	why  string
}

// capDangers lists every capability that the engine does not give by default
// (capabilities(7); the ways out are those of the kernel's own documentation and
// of published breakouts).
var capDangers = []capDanger{
	{"SYS_ADMIN", theHost, direct, "It may mount file systems and enter namespaces, and it opens many more syscalls in the engine's seccomp profile: with it, known ways lead to the host."},
	{"SYS_MODULE", theHost, direct, "It may load kernel modules: code of the attacker's choice runs in the host's kernel."},
	{"DAC_READ_SEARCH", theHost, direct, "With open_by_handle_at(2) it reads every file of the host's file system, past the container's root."},
	{"SYS_RAWIO", theHost, withStep, "It may reach I/O ports and, where the devices are there, the machine's memory."},
	{"SYS_PTRACE", others, withStep, "It may read and change the memory of every process it can see, past no-new-privileges and user changes."},
	{"BPF", others, withStep, "It may load BPF programs, which see other processes' data and have been a source of kernel flaws."},
	{"PERFMON", others, withStep, "It may watch other processes and the kernel through performance counters."},
	{"NET_ADMIN", others, withStep, "It may change addresses, routes and packet filters of its network, and redirect what its neighbours send."},
	{"SYS_TIME", others, withStep, "It may set the host's clock: certificates, logs and other services believe it."},
	{"SYS_BOOT", others, withStep, "It may call reboot(2)."},
	{"SYSLOG", others, withStep, "It may read the kernel's log and addresses, which kernel exploits need."},
	{"MAC_ADMIN", others, withStep, "It may change the mandatory access control of the host."},
	{"MAC_OVERRIDE", others, withStep, "It may pass over mandatory access control."},
	{"AUDIT_CONTROL", others, withStep, "It may switch off the host's audit log."},
	{"AUDIT_READ", others, withStep, "It may read the host's audit log."},
	{"CHECKPOINT_RESTORE", others, withStep, "It may choose process IDs and read other processes' memory maps."},
	{"SYS_RESOURCE", itself, withStep, "It may pass over resource limits and quotas."},
	{"SYS_NICE", itself, withStep, "It may raise priorities and bind processors, to the cost of others."},
	{"SYS_PACCT", itself, withStep, "It may switch process accounting."},
	{"SYS_TTY_CONFIG", itself, withStep, "It may take over terminals."},
	{"IPC_LOCK", itself, withStep, "It may lock memory beyond its limit."},
	{"IPC_OWNER", itself, withStep, "It passes over permissions of System V IPC objects."},
	{"LINUX_IMMUTABLE", itself, withStep, "It may set and clear the immutable and append-only flags of files."},
	{"LEASE", itself, withStep, "It may take leases on files that others use."},
	{"NET_BROADCAST", itself, withStep, "The kernel does not use it today."},
	{"WAKE_ALARM", itself, withStep, "It may wake the machine."},
	{"BLOCK_SUSPEND", itself, withStep, "It may keep the machine from sleeping."},
}

// sharpened are capabilities that open more together with a host namespace.
func sharpened(d capDanger, s inspect.Settings) capDanger {
	switch {
	case d.name == "SYS_PTRACE" && s.Namespaces.PID == "host":
		d.gain, d.door = theHost, direct
		d.why = "It sees the host's processes (pid: host) and may write into their memory: it can become any of them."
	case d.name == "NET_ADMIN" && s.Namespaces.Network == "host":
		d.door = direct
		d.why = "It is on the host's network (network_mode: host) and may change its addresses, routes and firewall."
	case d.name == "SYS_BOOT" && s.Namespaces.PID == "host":
		d.gain = theHost
		d.why = "It is in the host's process namespace (pid: host), where reboot(2) restarts the machine."
	}
	return d
}

// dangerousAdditions has a finding for every capability that someone added to
// the engine's set. A privileged container holds them all; that is said by the
// check of that name.
func dangerousAdditions(w inspect.Workload, h inspect.Host) []inspect.Finding {
	s := w.Settings
	if s.Privileged {
		return nil
	}
	held := s.Capabilities()
	var findings []inspect.Finding
	for _, d := range capDangers {
		c, err := inspect.ParseCap(d.name)
		if err != nil || !held.Has(c) {
			continue
		}
		findings = append(findings, additionFinding(w, h, sharpened(d, s), held.Without(c)))
	}
	return findings
}

func additionFinding(w inspect.Workload, h inspect.Host, d capDanger, rest inspect.CapSet) inspect.Finding {
	f := rate(d.gain, d.door, inspect.Finding{
		Title:    "Holds the capability " + d.name,
		Evidence: fmt.Sprintf("cap_add holds %s.", evidenceName(w.Settings, d.name)),
		Why:      d.why,
		Source:   w.Sources.Of("cap_add", "cap_drop"),
		Fix:      fmt.Sprintf("take %s out of cap_add", d.name),
		Changes:  []inspect.Change{{Dial: inspect.DialCapabilities, Keep: rest}},
	})
	if !w.Settings.Root() {
		// The process itself holds none; a setuid program must help.
		f = rate(d.gain, withStep, f)
		f.Why += " The process is not root, so a setuid program or a file with capabilities must help."
	}
	if h.Rootless && d.gain == theHost {
		f = rate(others, d.door, f)
		f.Why += " The engine is rootless: the host means the files and processes of its user."
	}
	return f
}

// evidenceName is what cap_add really holds: the name, or ALL.
func evidenceName(s inspect.Settings, name string) string {
	for _, added := range s.CapAdd {
		if added == name {
			return name
		}
	}
	return "ALL, and with it " + name
}
