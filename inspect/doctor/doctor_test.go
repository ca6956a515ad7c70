package doctor

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
)

// machine is one where nothing is there but what the test puts there.
func machine(t *testing.T, host inspect.Host, files map[string]string) Machine {
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Machine{
		Engine: func(context.Context) (inspect.Host, error) { return host, nil }, Root: root, OS: "linux", Timeout: time.Minute,
		LookPath: func(program string) (string, error) { return "", &exec.Error{Name: program, Err: exec.ErrNotFound} },
		Run: func(context.Context, string, ...string) (string, error) {
			t.Error("a program that is not there was run")
			return "", nil
		},
	}
}

func item(t *testing.T, items []Item, name string) Item {
	t.Helper()
	for _, it := range items {
		if it.Name == name {
			return it
		}
	}
	t.Fatalf("there is no item %q", name)
	return Item{}
}

var here = inspect.Host{Version: "20.10", APIVersion: "1.41", Endpoint: "unix:///x", Local: true, Seccomp: true, AppArmor: true}

func TestWhatTheKernelOffers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		item  string
		want  State
	}{
		{"BTF", map[string]string{"sys/kernel/btf/vmlinux": ""}, "BTF types", Present},
		{"no BTF", nil, "BTF types", Missing},
		{"tracepoints", map[string]string{"sys/kernel/tracing/events/raw_syscalls/id": ""}, "system call tracepoints", Present},
		{"the older mount", map[string]string{"sys/kernel/debug/tracing/events/raw_syscalls/id": ""}, "system call tracepoints", Present},
		{"tracefs without them", map[string]string{"sys/kernel/tracing/events/sched/id": ""}, "capability tracepoint", Missing},
		{"no tracefs", nil, "capability tracepoint", Unknown},
		{"tracepoints by type", map[string]string{"sys/kernel/btf/vmlinux": "x\x00btf_trace_cap_capable\x00y"}, "capability tracepoint", Present},
		{"types without them", map[string]string{"sys/kernel/btf/vmlinux": "\x00btf_trace_cap_capable_more\x00"}, "capability tracepoint", Missing},
		{"a cgroup tracepoint", map[string]string{"sys/kernel/btf/vmlinux": "\x00btf_trace_cgroup_attach_task\x00"}, "cgroup tracepoint", Present},
		{"a ring buffer", map[string]string{"sys/kernel/btf/vmlinux": "\x00BPF_MAP_TYPE_RINGBUF\x00"}, "ring buffer for eBPF", Present},
		{"an older kernel", map[string]string{"sys/kernel/btf/vmlinux": "\x00"}, "ring buffer for eBPF", Missing},
		{"no Yama", nil, "ptrace", Present},
		{"Yama lets children be traced", map[string]string{"proc/sys/kernel/yama/ptrace_scope": "1\n"}, "ptrace", Present},
		{"Yama lets nobody trace", map[string]string{"proc/sys/kernel/yama/ptrace_scope": "3\n"}, "ptrace", Missing},
		{"Yama odd", map[string]string{"proc/sys/kernel/yama/ptrace_scope": "x\n"}, "ptrace", Unknown},
		{"lockdown off", map[string]string{"sys/kernel/security/lockdown": "[none] integrity confidentiality\n"}, "no lockdown", Present},
		{"lockdown on", map[string]string{"sys/kernel/security/lockdown": "none [integrity] confidentiality\n"}, "no lockdown", Missing},
		{"lockdown odd", map[string]string{"sys/kernel/security/lockdown": "\x1b[2J\n"}, "no lockdown", Unknown},
		{"no lockdown module", map[string]string{"sys/kernel/security/lsm": "capability"}, "no lockdown", Present},
		{"no securityfs", nil, "no lockdown", Unknown},
		{"bpf for all", map[string]string{"proc/sys/kernel/unprivileged_bpf_disabled": "0\n"}, "unprivileged eBPF off", Missing},
		{"bpf for root", map[string]string{"proc/sys/kernel/unprivileged_bpf_disabled": "2\n"}, "unprivileged eBPF off", Present},
		{"no sysctl", nil, "unprivileged eBPF off", Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := item(t, Examine(t.Context(), machine(t, here, tt.files)), tt.item)
			if got.State != tt.want || got.Detail == "" {
				t.Errorf("%+v", got)
			}
			if got.State != Present && got.Get == "" {
				t.Error("it does not say how to get it")
			}
		})
	}
}

func TestARemoteEnginesKernelIsNotThisOne(t *testing.T) {
	host := here
	host.Local = false
	items := Examine(t.Context(), machine(t, host, map[string]string{"sys/kernel/btf/vmlinux": ""}))
	if got := item(t, items, "BTF types"); got.State != Unknown {
		t.Errorf("%+v", got)
	}
	if got := item(t, items, "same machine"); got.State != Missing {
		t.Errorf("%+v", got)
	}
}

type hinted struct{ error }

func (hinted) Hint() string { return "Start it." }

func TestAMissingEngineIsAResult(t *testing.T) {
	m := machine(t, inspect.Host{}, nil)
	m.Engine = func(context.Context) (inspect.Host, error) {
		return inspect.Host{}, hinted{errors.New("nothing \x1b[2J listens")}
	}
	items := Examine(t.Context(), m)
	got := item(t, items, "Docker Engine")
	if got.State != Missing || got.Get != "Start it." || strings.ContainsRune(got.Detail, 0x1b) {
		t.Errorf("%+v", got)
	}
	item(t, items, "BTF types") // the rest is looked at all the same
	item(t, items, "Grype")
}

func TestPrograms(t *testing.T) {
	host := here
	host.DetectionUnknown = "the engine is remote"
	m := machine(t, host, nil)
	m.LookPath = func(program string) (string, error) {
		if program == "falco" || program == "syft" {
			return "", &exec.Error{Name: program, Err: exec.ErrNotFound}
		}
		return "/bin/" + program, nil
	}
	m.Run = func(ctx context.Context, program string, args ...string) (string, error) {
		switch filepath.Base(program) {
		case "docker":
			return "", errors.New("exit status 1")
		case "grype":
			return "Application: grype\nVersion:    0.99.1\nBuildDate: 2025\n", nil
		case "trivy":
			return "\x1b[2Jno number", nil
		case "cosign":
			return "", errors.New("exit status 2: \x1b[2Jsegfault")
		}
		return "AppArmor parser version 3.0.8\n", nil
	}
	got := map[string]string{}
	for _, it := range Examine(t.Context(), m) {
		if it.Group == "programs" {
			got[it.Name] = string(it.State) + ": " + it.Detail
		}
	}
	want := map[string]string{
		"Compose plugin":  "missing: docker has no compose plugin",
		"docker-compose":  "present: 3.0.8 (/bin/docker-compose)",
		"Grype":           "present: 0.99.1 (/bin/grype)",
		"Trivy":           "present: /bin/trivy (␛[2Jno number)",
		"Syft":            "missing: syft is not in PATH",
		"cosign":          "unknown: /bin/cosign failed: exit status 2: ␛[2Jsegfault",
		"apparmor_parser": "present: 3.0.8 (/bin/apparmor_parser)",
		"Falco":           "unknown: falco is not in PATH, and the engine is remote",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFalcoNeedsNoProgramWhereItRuns(t *testing.T) {
	host := here
	host.Detection = "Falco"
	if got := item(t, Examine(t.Context(), machine(t, host, nil)), "Falco"); got.State != Present || got.Get != "" {
		t.Errorf("%+v", got)
	}
}

// A program that never ends is ended, and what it says is bounded.
func TestAHangingProgramIsUnknown(t *testing.T) {
	m := machine(t, here, nil)
	m.Timeout = 50 * time.Millisecond
	m.LookPath = func(program string) (string, error) { return "/bin/" + program, nil }
	m.Run = func(ctx context.Context, _ string, _ ...string) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}
	if got := item(t, Examine(t.Context(), m), "Grype"); got.State != Unknown || !strings.Contains(got.Detail, "did not answer") {
		t.Errorf("%+v", got)
	}
}

func TestCommandIsBounded(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	out, err := Command(t.Context(), sh, "-c", "for i in 1 2 3 4 5 6 7 8 9; do printf '%1000s' x; done")
	if err != nil || len(out) != most {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Command(ctx, sh, "-c", "sleep 600 & wait"); err == nil {
		t.Error("a program that hangs ended well")
	}
	if _, err := Command(t.Context(), sh, "-c", "echo broken >&2; exit 3"); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("the error is %v", err)
	}
}
