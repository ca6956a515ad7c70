package doctor

import (
	"maps"
	"strings"
	"testing"

	"bulkhead/inspect"
)

// able are the files of a kernel on which every observer works.
var able = map[string]string{
	"sys/kernel/btf/vmlinux":                 "\x00btf_trace_sys_enter\x00btf_trace_cgroup_attach_task\x00btf_trace_cap_capable\x00BPF_MAP_TYPE_RINGBUF\x00",
	"proc/sys/kernel/seccomp/actions_logged": "kill_process kill_thread trap errno user_notif trace log\n",
	"proc/self/loginuid":                     "4294967295",
	"sys/kernel/security/lockdown":           "[none] integrity confidentiality\n",
}

func TestWhichObserversArePossible(t *testing.T) {
	files := func(change func(map[string]string)) map[string]string {
		all := maps.Clone(able)
		change(all)
		return all
	}
	on := func(change func(*inspect.Host)) inspect.Host {
		host := here
		host.Kernel = "6.18.1-generic"
		change(&host)
		return host
	}
	plain := on(func(*inspect.Host) {})
	for _, tt := range []struct {
		name             string
		host             inspect.Host
		files            map[string]string
		bpf, ptrace, log string
	}{
		{"all are", plain, able, "", "", ""},
		{"rootless", on(func(h *inspect.Host) { h.Rootless = true }), able, "missing: rootless", "", "missing: rootless"},
		{"userns-remap", on(func(h *inspect.Host) { h.UsernsRemap = true }), able, "missing: userns-remap", "", "missing: userns-remap"},
		{"userns-remap to a known user", on(func(h *inspect.Host) { h.UsernsRemap, h.Remap = true, inspect.Remap{UID: 100000, GID: 100000} }), able, "", "", ""},
		{"rootless and remote", on(func(h *inspect.Host) { h.Rootless, h.Local = true, false }), able, "missing: rootless", "unknown: not this machine's", "missing: rootless"},
		{"remote", on(func(h *inspect.Host) { h.Local = false }), able, "unknown: not this machine's", "unknown: not this machine's", "unknown: not this machine's"},
		{"no engine", inspect.Host{}, able, "unknown: does not answer", "unknown: does not answer", "unknown: does not answer"},
		{"no BTF", plain, files(func(f map[string]string) { delete(f, "sys/kernel/btf/vmlinux") }), "missing: btf/vmlinux", "", ""},
		{"no ring buffer", plain, files(func(f map[string]string) {
			f["sys/kernel/btf/vmlinux"] = strings.ReplaceAll(f["sys/kernel/btf/vmlinux"], "RINGBUF", "HASH")
		}), "missing: older than Linux 5.8", "", ""},
		{"an old kernel", on(func(h *inspect.Host) { h.Kernel = "4.19.0" }), able, "missing: 4.19.0", "missing: 4.19.0", ""},
		{"a kernel that is no number", on(func(h *inspect.Host) { h.Kernel = "custom" }), able, "", "", ""},
		{"lockdown of memory", plain, files(func(f map[string]string) { f["sys/kernel/security/lockdown"] = "none integrity [confidentiality]" }), "missing: confidentiality", "", ""},
		{"lockdown of writing", plain, files(func(f map[string]string) { f["sys/kernel/security/lockdown"] = "none [integrity] confidentiality" }), "", "", ""},
		{"nobody may trace", plain, files(func(f map[string]string) { f["proc/sys/kernel/yama/ptrace_scope"] = "3\n" }), "", "missing: ptrace_scope=3", ""},
		{"the log is off", plain, files(func(f map[string]string) { f["proc/sys/kernel/seccomp/actions_logged"] = "errno trap\n" }), "", "", "missing: actions_logged"},
		{"no audit", plain, files(func(f map[string]string) { delete(f, "proc/self/loginuid") }), "", "", "missing: no audit"},
		{"no seccomp", on(func(h *inspect.Host) { h.Seccomp = false }), able, "", "", "missing: no seccomp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			items := Examine(t.Context(), machine(t, tt.host, tt.files))
			for name, want := range map[string]string{"eBPF": tt.bpf, "ptrace": tt.ptrace, "kernel's log": tt.log} {
				got := observing(t, items, name)
				state, about, _ := strings.Cut(want, ": ")
				if want == "" {
					state = string(Present)
				}
				if string(got.State) != state || !strings.Contains(got.Detail, about) {
					t.Errorf("%s is %s: %s, want %q", name, got.State, got.Detail, want)
				}
				if got.State != Present && got.Get == "" || got.Cost == "" || got.Unseen == "" {
					t.Errorf("%s does not say what to do, what it costs and what it does not see: %+v", name, got)
				}
			}
		})
	}
}

func observing(t *testing.T, items []Item, name string) Item {
	t.Helper()
	for _, it := range items {
		if it.Group == "observing" && it.Name == name {
			return it
		}
	}
	t.Fatalf("there is no observer %q", name)
	return Item{}
}
