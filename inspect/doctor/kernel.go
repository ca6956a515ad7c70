package doctor

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"bulkhead/inspect"
)

// kernel is what this machine's kernel offers for observing containers. Where
// the engine is elsewhere, its kernel is another and nothing is known of it.
func (m Machine) kernel(host inspect.Host) []Item {
	items := []Item{
		{Name: "BTF types", For: "observing without a compiler: offsets of kernel structures", Get: "Use a kernel with CONFIG_DEBUG_INFO_BTF."},
		{Name: "system call tracepoints", For: "observing system calls", Get: "Use a kernel with CONFIG_FTRACE_SYSCALLS."},
		{Name: "capability tracepoint", For: "observing capability checks", Get: "Use Linux 6.14 or newer; on older kernels the function behind it is traced, where they let it."},
		{Name: "cgroup tracepoint", For: "telling a container's processes from its first one on", Get: "Use a kernel with CONFIG_CGROUPS and CONFIG_TRACEPOINTS."},
		{Name: "ring buffer for eBPF", For: "observing files and executions", Get: "Use Linux 5.8 or newer."},
		{Name: "no lockdown", For: "loading eBPF programs that read kernel memory", Get: "Boot with lockdown=none, or observe by ptrace."},
		{Name: "ptrace", For: "observing a copy without eBPF, as in rootless engines", Get: "sysctl kernel.yama.ptrace_scope=1 (3 holds until the next boot)"},
		{Name: "unprivileged eBPF off", For: "a kernel that only root can load programs into", Get: "sysctl kernel.unprivileged_bpf_disabled=1"},
	}
	types := sync.OnceValues(m.types)
	look := []func() (State, string){m.btf, m.rawTracepoint(types, "sys_enter", "raw_syscalls"),
		m.rawTracepoint(types, "cap_capable", "capability"), m.rawTracepoint(types, "cgroup_attach_task", "cgroup"),
		ringBuffer(types), m.lockdown, m.ptrace, m.unprivileged}
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

// vmlinux is the kernel's own type information.
const vmlinux = "sys/kernel/btf/vmlinux"

func (m Machine) btf() (State, string) { return m.exists(vmlinux) }

// types reads the type information, the first 64 MB of it.
func (m Machine) types() ([]byte, error) {
	f, err := os.Open(m.path(vmlinux))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<20))
}

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

// rawTracepoint looks for a tracepoint in the kernel's type information, where
// each stands as btf_trace_<name> (include/trace/bpf_probe.h, Linux 5.5 and
// newer), and without that for its group where tracefs is mounted.
func (m Machine) rawTracepoint(types func() ([]byte, error), name, group string) func() (State, string) {
	return func() (State, string) {
		data, err := types()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return m.tracepoint(group)()
		case err != nil:
			return Unknown, reason(err)
		case bytes.Contains(data, []byte("\x00btf_trace_"+name+"\x00")):
			return Present, name + " in /" + vmlinux
		}
		return Missing, "there is no " + name + " in /" + vmlinux
	}
}

// ringBuffer looks for the map type that came with Linux 5.8.
func ringBuffer(types func() ([]byte, error)) func() (State, string) {
	return func() (State, string) {
		data, err := types()
		switch {
		case err != nil:
			return Unknown, reason(err)
		case bytes.Contains(data, []byte("\x00BPF_MAP_TYPE_RINGBUF\x00")):
			return Present, "BPF_MAP_TYPE_RINGBUF"
		}
		return Missing, "this kernel is older than Linux 5.8"
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

// ptrace reads kernel.yama.ptrace_scope: 3 lets nobody trace (kernel
// documentation, LSM/Yama.rst). Without Yama there is no such limit. The tracer
// itself needs Linux 5.3.
func (m Machine) ptrace() (State, string) {
	text, err := m.read("proc/sys/kernel/yama/ptrace_scope")
	scope := strings.TrimSpace(text)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Present, "the kernel has no Yama to limit it"
	case err != nil:
		return Unknown, reason(err)
	case scope == "3":
		return Missing, "kernel.yama.ptrace_scope=3: nobody may trace"
	case scope == "0" || scope == "1" || scope == "2":
		return Present, "kernel.yama.ptrace_scope=" + scope
	}
	return Unknown, "the kernel says " + show(text)
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
