package tuitest

import (
	"context"
	"time"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/observe"
	"bulkhead/ui/workbench"
)

// Observe answers with what web was seen to do, whatever the workload.
func (b *Backend) Observe(ctx context.Context, w inspect.Workload, o workbench.ObserveOptions, emit func(trial.Event), progress func(workbench.Progress)) (workbench.Observed, error) {
	emit(trial.Event{Kind: trial.Note, Line: "A copy is watched with eBPF, which costs a copy next to nothing. The observer holds CAP_SYS_ADMIN and no other capability."})
	seen := Observed()
	for i, m := range seen.Observation.Curve {
		if !b.wait(ctx, 4) {
			return workbench.Observed{}, ctx.Err()
		}
		progress(workbench.Progress{Phase: observe.Phases[2+min(4, i/2)], Moment: m})
	}
	if b.ObserveErr != nil {
		return workbench.Observed{}, b.ObserveErr
	}
	seen.Workload = w.Name
	if seen.Live = o.Live; o.Live {
		seen.LiveRuns = 1
	}
	return seen, nil
}

// Progress is how far the watch of web is in its middle.
func Progress() workbench.Progress {
	return workbench.Progress{Phase: observe.Exercise, Moment: Observed().Observation.Curve[4]}
}

// Observed is what web was seen to do in three runs.
func Observed() workbench.Observed {
	o := observe.Observation{
		Runs: 3, Arch: "amd64", Kernel: "6.12.9", Began: true,
		Checks: []observe.Check{
			{Capability: "CHOWN", Outcome: observe.Granted, Syscall: "fchownat", Executable: "/web", Phase: observe.Start, Count: 3},
			{Capability: "SETGID", Outcome: observe.Granted, Syscall: "setgid", Arguments: []uint64{101}, Executable: "/web", Phase: observe.Start, Count: 3},
			{Capability: "SETUID", Outcome: observe.Granted, Syscall: "setuid", Arguments: []uint64{101}, Executable: "/web", Phase: observe.Start, Count: 3},
			{Capability: "SYS_ADMIN", Outcome: observe.Denied, Syscall: "mount", Executable: "/web", Phase: observe.Exercise, Count: 1},
		},
		Executions: []observe.Execution{{Path: "/web", Named: "/web", Phase: observe.Start, Count: 6}},
		Identities: []observe.Identity{{Executable: "/web", UID: 101, GID: 101, Phase: observe.Start, Count: 3}},
		Files: []observe.File{
			{Path: "/etc/web.conf", Access: []observe.Access{observe.Read}, Phases: []observe.Phase{observe.Start}},
			{Path: "/var/cache/web/page", Access: []observe.Access{observe.Created, observe.Written}, Phases: []observe.Phase{observe.Exercise}},
			{Path: "/run/web.pid", Access: []observe.Access{observe.Created, observe.Removed, observe.Written}, Phases: []observe.Phase{observe.Start, observe.Stop}},
		},
		Sockets: []observe.Socket{
			{Operation: "listen", Family: "inet6", Type: "stream", Port: 80, Executable: "/web", Phase: observe.Start, Count: 3},
			{Operation: "connect", Family: "inet", Port: 6379, Executable: "/web", Phase: observe.Exercise, Count: 9},
		},
	}
	for _, name := range []string{"accept4", "bind", "close", "connect", "epoll_ctl", "epoll_pwait", "execve", "fchownat", "futex", "listen", "mmap", "mount", "openat", "read", "setgid", "setgroups", "setuid", "socket", "write"} {
		o.Syscalls = append(o.Syscalls, observe.Syscall{Name: name, Phase: observe.Start, Count: 1})
	}
	for i, n := range []int{31, 38, 40, 41, 47, 48, 48, 48, 48, 49} {
		o.Curve = append(o.Curve, observe.Moment{Seconds: float64(i + 1), Syscalls: n, Capabilities: min(3, 1+i), Paths: 4 + i/3})
	}
	saturation := observe.Saturation{
		Syscalls:     observe.Estimate{Runs: 3, New: []int{46, 3, 0}, Seen: 49, Once: 2, Next: 0.7, Unseen: 0.3, Known: true},
		Capabilities: observe.Estimate{Runs: 3, New: []int{3, 0, 0}, Seen: 3, Known: true},
		Paths:        observe.Estimate{Runs: 3, New: []int{5, 1, 1}, Seen: 7, Once: 2, Next: 0.7, Unseen: 0.5, Known: true},
	}
	return workbench.Observed{Workload: "bulkhead-lab/web", Observation: o.Sorted(), Saturation: &saturation, Length: 42 * time.Second}
}
