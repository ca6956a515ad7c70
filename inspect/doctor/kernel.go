package doctor

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bulkhead/inspect"
)

// kernel is what this machine's kernel offers for observing containers. Where
// the engine is elsewhere, its kernel is another and nothing is known of it.
func (m Machine) kernel(host inspect.Host) []Item {
	items := []Item{
		{Name: "BTF types", For: "observing without a compiler: offsets of kernel structures", Get: "Use a kernel with CONFIG_DEBUG_INFO_BTF."},
		{Name: "system call tracepoints", For: "observing system calls", Get: "Use a kernel with CONFIG_FTRACE_SYSCALLS, and mount tracefs on /sys/kernel/tracing."},
		{Name: "capability tracepoint", For: "observing capability checks", Get: "Use Linux 6.14 or newer; older kernels need kprobes."},
		{Name: "no lockdown", For: "loading eBPF programs that read kernel memory", Get: "Boot with lockdown=none, or observe by ptrace."},
		{Name: "unprivileged eBPF off", For: "a kernel that only root can load programs into", Get: "sysctl kernel.unprivileged_bpf_disabled=1"},
	}
	look := []func() (State, string){m.btf, m.tracepoint("raw_syscalls"), m.tracepoint("capability"), m.lockdown, m.unprivileged}
	for i := range items {
		items[i].Group = "kernel"
		switch {
		case host.Known() && !host.Local:
			items[i].State, items[i].Detail = Unknown, "the engine's kernel is not this machine's"
		case m.OS != "linux":
			items[i].State, items[i].Detail = Unknown, "containers do not run on this kernel"
		default:
			items[i].State, items[i].Detail = look[i]()
		}
		if items[i].State == Present {
			items[i].Get = ""
		}
	}
	return items
}

// btf looks for the kernel's own type information.
func (m Machine) btf() (State, string) { return m.exists("sys/kernel/btf/vmlinux") }

// tracepoint looks for a group of tracepoints where tracefs is mounted, which
// only root may see.
func (m Machine) tracepoint(group string) func() (State, string) {
	return func() (State, string) {
		reason := "tracefs is not mounted"
		for _, mount := range []string{"sys/kernel/tracing", "sys/kernel/debug/tracing"} {
			events := filepath.Join(mount, "events")
			switch state, detail := m.exists(events); state {
			case Present:
				return m.exists(filepath.Join(events, group))
			case Unknown:
				reason = detail
			}
		}
		return Unknown, reason
	}
}

// lockdown reads "none [integrity] confidentiality": the mode in brackets holds
// (kernel_lockdown(7)).
func (m Machine) lockdown() (State, string) {
	text, err := m.read("sys/kernel/security/lockdown")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if state, _ := m.exists("sys/kernel/security"); state == Present {
			if entries, err := os.ReadDir(m.path("sys/kernel/security")); err == nil && len(entries) > 0 {
				return Present, "the kernel has no lockdown module"
			}
		}
		return Unknown, "securityfs is not mounted"
	case err != nil:
		return Unknown, reason(err)
	}
	_, rest, _ := strings.Cut(text, "[")
	mode, _, ok := strings.Cut(rest, "]")
	switch {
	case !ok:
		return Unknown, "the kernel says " + show(text)
	case mode == "none":
		return Present, "lockdown is none"
	}
	return Missing, "lockdown is " + show(mode)
}

// unprivileged reads kernel.unprivileged_bpf_disabled: 0 lets everyone load
// programs, 1 and 2 only root (kernel documentation, sysctl/kernel.rst).
func (m Machine) unprivileged() (State, string) {
	text, err := m.read("proc/sys/kernel/unprivileged_bpf_disabled")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Unknown, "the kernel has no such sysctl"
	case err != nil:
		return Unknown, reason(err)
	}
	switch strings.TrimSpace(text) {
	case "1", "2":
		return Present, "kernel.unprivileged_bpf_disabled=" + strings.TrimSpace(text)
	case "0":
		return Missing, "kernel.unprivileged_bpf_disabled=0: every user may load programs"
	}
	return Unknown, "the kernel says " + show(text)
}

func (m Machine) path(name string) string { return filepath.Join(m.Root, name) }

// exists says whether the file is there.
func (m Machine) exists(name string) (State, string) {
	_, err := os.Stat(m.path(name))
	switch {
	case err == nil:
		return Present, "/" + name
	case errors.Is(err, fs.ErrNotExist):
		return Missing, "there is no /" + name
	}
	return Unknown, reason(err)
}

func (m Machine) read(name string) (string, error) {
	f, err := os.Open(m.path(name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 4096))
	return string(data), err
}

func reason(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "you may not look; run bulkhead as root"
	}
	return show(err.Error())
}
