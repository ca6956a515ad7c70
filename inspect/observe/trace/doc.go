// Package trace observes a container by ptrace, where eBPF is not to be had: in
// rootless engines and on kernels that load no programs. It watches copies only:
// a container's entrypoint has to be replaced for it.
//
// The copy begins with this binary, which waits until it is traced and then
// executes the container's own program in its place: same process, user,
// groups, directory, environment, arguments and streams. The tracer comes into
// the container as an exec of the engine, so it is no child of any process
// there: PID 1 gets no SIGCHLD for it, has no zombie to reap, and a wait for
// all children ends as it would. What was seen goes back over the exec's own
// streams; nothing is written in the container. PID 1's last stop before its
// end holds until the record has been taken, at most Patience.
//
//	o, err := trace.Start(ctx, api, opt)                 // a volume with the binary
//	config, host, err = o.Prepare(config, host)          // the copy's settings
//	w, err := o.Watch(ctx, id)                           // created, not started
//	… start … w.Phase(ctx, observe.Ready) … stop …       // restarts are followed
//	seen, err := w.Stop(ctx)
//	err = o.Close(ctx)                                   // the copy is removed already
//
// The copy differs from the container in this: the directory Dir is there, and
// in what the engine calls the container's changes; its limits of memory and of
// processes are raised by what the tracer takes; system calls are many times
// slower; ps shows the tracer, /proc/self/status that someone traces, and a
// stopped process as "tracing stop"; what uses ptrace itself is refused; and a
// program that is not there ends the container with 127 or 126 instead of
// failing its start. Nothing else is meant
// to differ: signals are passed on as they came, job control works.
//
// The tracer is given all capabilities of the container's user namespace, so
// that setuid programs and file capabilities keep their effect: the kernel
// withholds it from who is traced by less (execve(2)). Where an engine refuses
// that, the tracer runs as the container's user. Setuid programs then run
// without their privileges, which Unseen says, and of processes of another user
// paths are known only as they were named (File.Named), a script's interpreter
// not at all; what cannot be known even so is counted in Lost.
//
// What ptrace cannot see is always in Unseen: capability checks, of which only
// the errors show; whether a seccomp profile answered a call or the kernel; what
// the runtime did before the application began; and what the engine itself
// starts in the container, as health checks. Needed is Linux 5.3 on amd64;
// arm64 compiles and was never tried. The binary must be static.
package trace
