package workbench

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/composefile"
	"bulkhead/fix/runcmd"
	"bulkhead/fix/socketproxy"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// SocketOptions say which proxy is written, and for which of the recorded calls.
type SocketOptions struct {
	Dialect socketproxy.Dialect
	// Root lets calls through that amount to root on the host. Without it they are
	// left out, and said.
	Root bool
	// LeaveOut are calls to leave out, as Call.String writes them.
	LeaveOut []string
}

// DraftSocketProxy shows the service with a filtering proxy between it and the
// engine's socket, which lets through what the journal says that it calls: the
// change of its Compose file, or an override where that is not to be edited; for
// another container the docker commands. No trial proves that.
func (b *Bench) DraftSocketProxy(ctx context.Context, w inspect.Workload, o SocketOptions) (Draft, error) {
	recorded, notes, err := b.recordedCalls(ctx, w)
	if err != nil {
		return Draft{}, err
	}
	calls, said, err := o.choose(recorded)
	if err != nil {
		return Draft{}, err
	}
	notes = append(notes, said...)
	if !w.IsService() {
		return b.socketCommands(ctx, w, o, calls, notes)
	}
	project, err := b.projectToWrite(ctx, w)
	if err != nil {
		return Draft{}, err
	}
	defined, ok := project.Workload(w.Service)
	if !ok {
		return Draft{}, &NotDefinedError{Service: w.Service, Files: project.Files}
	}
	plan, socket, taken, err := withoutSocket(defined)
	if throughAnother(defined, err) {
		return filterAlone(defined, o, calls, notes), nil
	}
	if err != nil {
		return Draft{}, err
	}
	notes = append(notes, taken...)
	proxy := socketproxy.Write(o.Dialect, calls, b.site(w.Service, socket))
	beside := &composefile.Beside{Proxy: proxy, Network: w.Service + "-socket", Variable: inspect.DockerHost}
	d, err := b.editBeside(ctx, w, plan, beside)
	if err != nil {
		return Draft{}, err
	}
	d.Next = b.named(ctx, d.Next)
	d.Workload = "" // there is no proof that could be verified
	d.Notes = slices.Concat(notes, proxy.Notes, assumptions(defined.Image, proxy.Endpoint()), d.Notes, uncommitted(ctx, d.Path))
	return d, nil
}

// editBeside edits the file, or writes an override where that is refused.
func (b *Bench) editBeside(ctx context.Context, w inspect.Workload, p fix.Plan, beside *composefile.Beside) (Draft, error) {
	with := *b
	with.beside = beside
	d, err := with.EditCompose(ctx, w, p)
	var refused *InPlaceError
	if !errors.As(err, &refused) {
		return d, err
	}
	over, err := with.DraftOverride(ctx, w, trial.Result{Plan: p, Proved: true})
	if err != nil {
		refused.Override = err
		return Draft{}, refused
	}
	over.Notes = append(over.Notes, refused.Refused.Error()+".")
	return over, nil
}

// recordedCalls are those that the journal holds of the workload as it is, with
// what a person should know of them.
func (b *Bench) recordedCalls(ctx context.Context, w inspect.Workload) ([]socketproxy.Call, []string, error) {
	all, err := b.Journal.AllCalls(w.Name)
	if err != nil {
		return nil, nil, err
	}
	if len(all) == 0 {
		return nil, nil, &NoCallsError{Workload: w.Name}
	}
	runs := all
	var notes []string
	if b.Engine != nil && w.ID != "" {
		facts, err := b.facts(ctx, w)
		if err != nil {
			return nil, nil, err
		}
		if runs, err = b.Journal.Calls(w.Name, facts); err != nil {
			return nil, nil, err
		}
		if len(runs) == 0 {
			return nil, nil, &NoCallsError{Workload: w.Name, Stale: true}
		}
	} else {
		notes = append(notes, "Whether the calls were recorded of the image and command that run now was not checked: there is no container to ask.")
	}
	return together(runs).Calls, append(notes, fmt.Sprintf(
		"The calls were observed in %s; one that it did not happen to make is refused by the proxy. Look at the proxy's log after a while.", countedRuns(len(runs)))), nil
}

func countedRuns(n int) string {
	if n == 1 {
		return "1 run of a copy"
	}
	return fmt.Sprintf("%d runs of copies", n)
}

// NotCalledError says that a call to leave out is not among the recorded ones.
type NotCalledError struct {
	Call     string
	Recorded []string
}

// Error names the call.
func (e *NotCalledError) Error() string {
	return fmt.Sprintf("%q is not among the recorded calls.", inspect.Printable(e.Call))
}

// Hint names those that are.
func (e *NotCalledError) Hint() string { return "Recorded are " + strings.Join(e.Recorded, ", ") + "." }

// choose are the calls that the proxy is to let through, with a word on the
// others and on what they hand over.
func (o SocketOptions) choose(recorded []socketproxy.Call) (calls []socketproxy.Call, notes []string, err error) {
	var names []string
	for _, c := range recorded {
		names = append(names, c.String())
	}
	out := map[string]bool{}
	for _, text := range o.LeaveOut {
		name := text
		if e, ok := socketproxy.Named(text); ok {
			name = e.String()
		}
		if !slices.Contains(names, name) {
			return nil, nil, &NotCalledError{Call: text, Recorded: names}
		}
		out[name] = true
	}
	for _, c := range recorded {
		e, _ := c.Known()
		switch {
		case out[c.String()]:
			notes = append(notes, c.String()+" is left out, as you asked.")
		case e.Grade == socketproxy.Root && !o.Root:
			notes = append(notes, fmt.Sprintf("%s is left out, because it amounts to root on the host: %s What of the service needs it will fail; let it through (--with-root), and the proxy protects little.", c, e.Why))
		default:
			calls = append(calls, c)
			if e.Grade == socketproxy.Root {
				notes = append(notes, fmt.Sprintf("WARNING: with %s the service is as good as root on the host, proxy or not. %s", c, e.Why))
			}
			if c.Refused > 0 && e.Grade != socketproxy.Root && e.Nature != socketproxy.Unknown {
				notes = append(notes, fmt.Sprintf("%s was refused while it was learned, and is let through by the proxy. %s", c, e.Why))
			}
		}
	}
	if exposing := socketproxy.Graded(calls, socketproxy.Exposes); len(exposing) > 0 {
		var texts []string
		for _, c := range exposing {
			texts = append(texts, c.String())
		}
		notes = append(notes, fmt.Sprintf("Even what only reads hands out secrets of other containers, such as their environment: %s.", strings.Join(texts, ", ")))
	}
	return calls, notes, nil
}

// withoutSocket is the plan that takes the engine's socket away, where that is
// on the host, and what a person should know of it. The error is a
// *NoSocketMountError.
func withoutSocket(w inspect.Workload) (p fix.Plan, socket string, notes []string, err error) {
	for _, m := range w.Settings.Mounts {
		at, within := m.DockerSocket()
		if at == "" {
			continue
		}
		if socket == "" {
			socket = at
		}
		p = p.With(inspect.Change{Dial: inspect.DialRemoveMount, Path: m.Target})
		if within {
			notes = append(notes, fmt.Sprintf("%s goes as a whole, because it holds the socket: what else the service needs of %s has to be mounted by itself.",
				inspect.Printable(m.Target), inspect.Printable(m.Source)))
		}
	}
	none := &NoSocketMountError{Workload: w.Name}
	for _, m := range w.Settings.Mounts {
		if at, _ := m.DockerSocket(); at == "" && m.Type == inspect.BindMount && inspect.LeadsToEngine(m.Source) {
			none.Holds = m
			notes = append(notes, fmt.Sprintf("WARNING: %s of the host stays mounted on %s, and in it the engine's socket can still be reached: the proxy protects nothing until that goes, too.",
				inspect.Printable(m.Source), inspect.Printable(m.Target)))
		}
	}
	if p.Empty() {
		return p, "", nil, none
	}
	return p, socket, notes, nil
}

// NoSocketMountError says that a workload does not mount the engine's socket by
// itself.
type NoSocketMountError struct {
	Workload string
	// Holds is a mount that has the socket somewhere in it, the zero value for
	// none.
	Holds inspect.Mount
}

// Error says so.
func (e *NoSocketMountError) Error() string {
	if e.Holds.Source != "" {
		return fmt.Sprintf("%s mounts %s of the host on %s, and the engine's socket somewhere in it. A proxy protects nothing while that mount is there.",
			inspect.Printable(e.Workload), inspect.Printable(e.Holds.Source), inspect.Printable(e.Holds.Target))
	}
	return inspect.Printable(e.Workload) + " does not mount the engine's docker.sock, so that no proxy is needed."
}

// Hint is the next step.
func (e *NoSocketMountError) Hint() string {
	if e.Holds.Source != "" {
		return "Mount only those directories that it reads, and /var/run/docker.sock by itself; then a proxy can be written."
	}
	return "`bulkhead audit` shows which workloads do."
}

// site is where a service's proxy is to stand.
func (b *Bench) site(client, socket string) socketproxy.Site {
	s := socketproxy.Site{Name: client + "-socket-proxy", Client: client, Socket: socket, Group: -1}
	host := b.host()
	s.SELinux = host.SELinux
	// In a user namespace the number is another one inside.
	if host.Local && !host.Rootless && !host.UsernsRemap {
		s.Group = groupOf(socket)
	}
	return s
}

// assumptions say whether the program can be told where the engine is, as far as
// the image's name tells. From the documentation of each.
func assumptions(image, endpoint string) []string {
	name, _, _ := strings.Cut(image, "@")
	name, _, _ = strings.Cut(path.Base(name), ":")
	switch name {
	case "traefik":
		return []string{fmt.Sprintf("Assumed from traefik's documentation: it does not go by %s. Give it --providers.docker.endpoint=%s besides.", inspect.DockerHost, endpoint)}
	case "portainer", "portainer-ce", "portainer-ee":
		return []string{fmt.Sprintf("Assumed from Portainer's documentation: it does not go by %s. Give it -H %s besides.", inspect.DockerHost, endpoint)}
	case "docker", "watchtower":
		return []string{fmt.Sprintf("Assumed from its documentation: the program goes by %s.", inspect.DockerHost)}
	}
	return []string{fmt.Sprintf("Assumed: the program goes by %s, as docker's own command and libraries do. Where it does not, tell it %s in its own way.", inspect.DockerHost, endpoint)}
}

// socketCommands are the docker commands for a container that is in no Compose
// file.
func (b *Bench) socketCommands(ctx context.Context, w inspect.Workload, o SocketOptions, calls []socketproxy.Call, notes []string) (Draft, error) {
	plan, socket, taken, err := withoutSocket(w)
	if throughAnother(w, err) {
		return filterAlone(w, o, calls, notes), nil
	}
	if err != nil {
		return Draft{}, err
	}
	notes = append(notes, taken...)
	proxy := socketproxy.Write(o.Dialect, calls, b.site(w.Container, socket))
	command, err := b.commandTold(ctx, w, inspect.DockerHost+"="+proxy.Endpoint())
	if err != nil {
		return Draft{}, err
	}
	network := w.Container + "-socket"
	lines := []string{
		"docker network create --internal " + runcmd.ShellWord(network),
		strings.Join(proxyCommand(proxy, network), " "),
		"# The container anew: remove the one that is there first.",
	}
	lines = append(lines, command.Harden(plan).Unstarted().Lines()...)
	lines = append(lines,
		"docker network connect "+runcmd.ShellWord(network)+" "+runcmd.ShellWord(w.Container),
		"docker start "+runcmd.ShellWord(w.Container),
	)
	return Draft{
		Kind: ToSocketProxy, Command: strings.Join(lines, "\n"),
		Notes: slices.Concat(notes, proxy.Notes, assumptions(w.Image, proxy.Endpoint())),
	}, nil
}

// proxyCommand is the docker run command of a proxy, as words for a shell.
func proxyCommand(p socketproxy.Proxy, network string) []string {
	words := []string{"docker", "run", "-d", "--name", p.Name, "--network", network, "--restart", "unless-stopped", "--user", p.User,
		"--read-only", "--cap-drop", "ALL", "--memory", p.Memory}
	for _, option := range p.SecurityOpt {
		words = append(words, "--security-opt", option)
	}
	for _, t := range p.Tmpfs {
		words = append(words, "--tmpfs", t)
	}
	for _, v := range p.Environment {
		words = append(words, "-e", v.Name+"="+v.Value)
	}
	words = append(words, "-v", p.Socket+":/var/run/docker.sock:ro", p.Image)
	words = append(words, p.Command...)
	for i, word := range words {
		words[i] = runcmd.ShellWord(word)
	}
	return words
}
