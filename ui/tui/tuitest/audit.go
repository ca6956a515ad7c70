package tuitest

import (
	"fmt"

	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// composeFile is where the practice project's file is said to be.
const composeFile = "/home/ada/bulkhead-lab/compose.yaml"

// Host is the engine of the fake.
func Host() inspect.Host {
	return inspect.Host{
		Endpoint: "unix:///var/run/docker.sock", Context: "default", Name: "harbour",
		Version: "29.1.3", APIVersion: "1.52", OS: "linux", Arch: "amd64", Kernel: "6.18.2",
		CgroupVersion: "2", StorageDriver: "overlay2", DefaultRuntime: "runc", LogDriver: "json-file",
		Seccomp: true, SeccompProfile: "builtin", AppArmor: true, Local: true,
		DetectionUnknown: "The host's processes could not be looked through for Falco.",
		Daemon: &inspect.Daemon{
			ICC: new(true), LiveRestore: new(false), UserlandProxy: new(true), NoNewPrivileges: new(false),
			Experimental: new(false), GroupMembers: []string{"ada"},
			Sources: []string{"/etc/docker/daemon.json", "/etc/group"},
			Unread:  []string{"/etc/docker/daemon.json does not speak of default-ulimits, and the engine does not tell."},
		},
	}
}

// Audit is the practice project beside two containers of its own.
func Audit() workbench.Audit {
	return workbench.Audit{Host: Host(), Engine: Engine(), Workloads: []inspect.Audited{
		web(), store(), ping(), admin(), postgres(), redis(),
	}}
}

// Many is an audit of n workloads in projects of ten.
func Many(n int) workbench.Audit {
	a := workbench.Audit{Host: Host(), Engine: Engine()}
	kinds := []inspect.Audited{web(), store(), ping(), admin()}
	for i := range n {
		one := kinds[i%len(kinds)]
		one.Workload.Project = fmt.Sprintf("project-%03d", i/10)
		one.Workload.Service = fmt.Sprintf("%s-%d", one.Workload.Service, i)
		one.Workload.Name = one.Workload.Project + "/" + one.Workload.Service
		a.Workloads = append(a.Workloads, one)
	}
	return a
}

// Hostile is an audit whose every foreign text tries to reach the terminal.
func Hostile() workbench.Audit {
	const bad = "\x1b]0;owned\x07\x1b[31mred\x1b[0m\r\n\u202eevil\u009b2J\t漢字漢字漢字❤️\xff"
	a := Audit()
	for i := range a.Workloads {
		w := &a.Workloads[i].Workload
		w.Name, w.Image, w.State = bad+w.Name, bad, inspect.RunState(bad)
		w.Container = bad
		if w.Project != "" {
			w.Project, w.Service = bad, bad
		}
		w.Files = []string{bad}
		w.Sources = inspect.Sources{"": {Origin: inspect.FromCompose, File: bad, Line: 3, Column: 5}}
		for j := range a.Workloads[i].Layers {
			l := &a.Workloads[i].Layers[j]
			l.Reason = bad
			for k := range l.Findings {
				f := &l.Findings[k]
				spoil(f, bad)
			}
		}
		for j := range w.Processes {
			w.Processes[j].Command, w.Processes[j].Label = bad, bad
		}
		w.ProcessesUnknown = bad
		w.Unresolved = map[string]string{bad: bad}
	}
	h := &a.Host
	h.Version, h.Context, h.Endpoint, h.Name, h.APIVersion, h.OS, h.Arch, h.Kernel = bad, bad, bad, bad, bad, bad, bad, bad
	h.CgroupVersion, h.StorageDriver, h.DefaultRuntime, h.LogDriver, h.SeccompProfile = bad, bad, bad, bad, bad
	h.Detection, h.DetectionUnknown = bad, bad
	d := h.Daemon
	d.InsecureRegistries, d.PlainTCP, d.GroupMembers = []string{bad, bad}, []string{bad}, []string{bad}
	d.Sources, d.Unread = []string{bad}, []string{bad}
	a.Engine.Reason = bad
	for i := range a.Engine.Findings {
		spoil(&a.Engine.Findings[i], bad)
	}
	a.Problems = []string{bad}
	return a
}

func spoil(f *inspect.Finding, bad string) {
	f.ID, f.Title, f.Evidence, f.Why, f.Reason, f.Fix = bad, bad, bad, bad, bad, bad
	f.Source.File, f.References = bad, []string{bad}
}

func service(name, image string, line int) inspect.Workload {
	return inspect.Workload{
		Name: "bulkhead-lab/" + name, Project: "bulkhead-lab", Service: name,
		Container: "bulkhead-lab-" + name + "-1", ID: "f00d" + name, Image: image, State: inspect.Running,
		Files:   []string{composeFile},
		Sources: inspect.Sources{"": at(line, 3)},
	}
}

func at(line, column int) inspect.Source {
	return inspect.Source{Origin: inspect.FromCompose, File: composeFile, Line: line, Column: column}
}

func layer(l inspect.Layer, s inspect.State, reason string, findings ...inspect.Finding) inspect.LayerState {
	for i := range findings {
		findings[i].Layer = l
	}
	return inspect.LayerState{Layer: l, State: s, Reason: reason, Findings: findings}
}

func rootUser(src inspect.Source) inspect.Finding {
	return inspect.Finding{
		ID: "user-root", Severity: inspect.Medium, Title: "The main process starts as root",
		Evidence: "user is not set, and the image sets none",
		Why:      "Whoever takes the process over is root inside, with all the capabilities the container holds.",
		Source:   src, Fix: "let a trial show which capabilities the start needs, or set a user",
		Reason:     "Full root inside is gained, but only by whoever breaks into the service first.",
		References: []string{"CIS Docker Benchmark 4.1"},
	}
}

func defaultCaps(src inspect.Source) inspect.Finding {
	return inspect.Finding{
		ID: "caps-default", Severity: inspect.Medium, Title: "It holds the engine's default capabilities",
		Evidence: "cap_drop is not set: 14 capabilities are granted",
		Why:      "Most services need none to three of them. The others only help an attacker.",
		Source:   src, Fix: "drop all capabilities and add those that a trial proves to be needed",
		Reason:     "More powers inside are gained by whoever breaks into the service first.",
		References: []string{"CIS Docker Benchmark 5.4", "capabilities(7)"},
	}
}

func writableRoot(src inspect.Source) inspect.Finding {
	return inspect.Finding{
		ID: "rootfs-writable", Severity: inspect.Medium, Title: "The root filesystem is writable",
		Evidence: "read_only is not set",
		Why:      "An attacker who gets in can leave programs behind and change the ones that are there.",
		Source:   src, Fix: "make the root filesystem read-only, with a tmpfs where it writes",
		Reason:     "A lasting foothold is gained by whoever breaks into the service first.",
		References: []string{"CIS Docker Benchmark 5.13"},
	}
}

func newPrivileges(src inspect.Source) inspect.Finding {
	return inspect.Finding{
		ID: "no-new-privileges", Severity: inspect.Low, Title: "Setuid programs can raise privileges",
		Evidence: "security_opt has no no-new-privileges",
		Why:      "A setuid program in the image gives a process more than it started with.",
		Source:   src, Fix: "set no-new-privileges",
		Reason:     "It takes a setuid program with a hole, in an image that was broken into.",
		References: []string{"CIS Docker Benchmark 5.26", "prctl(2)"},
	}
}

func noLimits(src inspect.Source) inspect.Finding {
	return inspect.Finding{
		ID: "limits-none", Severity: inspect.Low, Title: "Memory and processes are without a limit",
		Evidence: "mem_limit and pids_limit are not set",
		Why:      "One fork bomb or leak in this container takes the host down with it.",
		Source:   src, Fix: "set mem_limit and pids_limit above the peak that was seen",
		Reason:     "The host is starved, not taken, and it takes load that anyone can send.",
		References: []string{"CIS Docker Benchmark 5.11", "CIS Docker Benchmark 5.29"},
	}
}
