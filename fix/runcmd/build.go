package runcmd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bulkhead/inspect"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/moby/moby/api/types/container"
)

// builder gathers the flags of one command.
type builder struct {
	Command
	c     *container.Config
	h     *container.HostConfig
	image dockerspec.DockerOCIImageConfig
}

// build makes the command from complete input.
func build(in Input) Command {
	b := &builder{
		Command: Command{in: in, image: in.Container.Config.Image, secrets: newSecrets(in.Container.Config.Env)},
		c:       in.Container.Config,
		h:       in.Container.HostConfig,
	}
	if in.Image.Config != nil {
		b.image = *in.Image.Config
	} else {
		b.note("The image's own configuration is not known, so what it gives by itself is spelled out here, too.")
	}
	b.identity()
	b.process()
	b.healthcheck()
	b.isolation()
	b.security()
	b.resources()
	b.devices()
	b.storage()
	b.network()
	b.logging()
	b.unsayable()
	b.commandLine()
	b.secretNotes()
	return b.Command
}

// toggle adds a flag without a value.
func (b *builder) toggle(name string, on bool) {
	if on {
		b.flags = append(b.flags, flag{name: name})
	}
}

// add adds a flag with a value, also an empty one.
func (b *builder) add(name string, value word) {
	b.flags = append(b.flags, flag{name: name, value: value, set: true})
}

// text adds a flag unless its value is empty.
func (b *builder) text(name, value string) {
	if value != "" {
		b.add(name, plain(value))
	}
}

// number adds a flag unless its value is 0.
func (b *builder) number(name string, value int64) {
	if value != 0 {
		b.add(name, plain(fmt.Sprint(value)))
	}
}

// each adds a flag for each value.
func (b *builder) each(name string, values []string) {
	for _, v := range values {
		b.add(name, plain(v))
	}
}

// pairs adds a flag key=value for each pair, sorted by key.
func (b *builder) pairs(name string, values map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		b.add(name, b.secrets.pair(key, values[key]))
	}
}

func (b *builder) note(format string, args ...any) {
	b.notes = append(b.notes, inspect.Printable(fmt.Sprintf(format, args...)))
}

// runNote is about what docker run cannot say, or says in a way of its own.
func (b *builder) runNote(format string, args ...any) {
	b.runNotes = append(b.runNotes, inspect.Printable(fmt.Sprintf(format, args...)))
}

// name is the container's name.
func (b *builder) name() string { return strings.TrimPrefix(b.in.Container.Name, "/") }

// shortID is what the engine takes for a host name and an alias where none is
// given.
func (b *builder) shortID() string { return b.in.Container.ID[:min(12, len(b.in.Container.ID))] }

// identity: how it is attached, its name and what it is called.
func (b *builder) identity() {
	b.toggle("-d", b.detached())
	b.toggle("-i", b.c.OpenStdin)
	b.toggle("-t", b.c.Tty)
	if b.c.AttachStdout != b.c.AttachStderr && !b.detached() {
		stream := map[bool]string{true: "STDOUT", false: "STDERR"}[b.c.AttachStdout]
		b.text("-a", stream)
		if b.c.AttachStdin {
			b.text("-a", "STDIN")
		}
	}
	b.toggle("--rm", b.h.AutoRemove)
	b.text("--name", b.name())
	if b.choosesHostname() {
		b.text("--hostname", b.c.Hostname)
	}
	b.text("--domainname", b.c.Domainname)
	if b.restarts() {
		policy := string(b.h.RestartPolicy.Name)
		if n := b.h.RestartPolicy.MaximumRetryCount; n > 0 {
			policy = fmt.Sprintf("%s:%d", policy, n)
		}
		b.text("--restart", policy)
	}
	b.platform()
}

// detached says whether the command should return at once. Docker's create and
// Compose mark what they make as attached, though nobody stays; a container that
// restarts by itself is a service, too.
func (b *builder) detached() bool {
	attached := b.c.AttachStdout || b.c.AttachStderr
	return !b.c.AttachStdin && (!attached || b.restarts() || b.c.Labels[composeLabels+"service"] != "")
}

// choosesHostname says whether the host name is the container's own choice. The
// engine refuses one beside another container's network and the host's UTS
// namespace; beside the host's network it gives the host's name by itself (moby
// daemon/daemon_unix.go, verifyPlatformContainerSettings, and daemon/create.go).
func (b *builder) choosesHostname() bool {
	switch {
	case b.h.NetworkMode.IsContainer() || b.h.UTSMode.IsHost():
		return false
	case b.h.NetworkMode.IsHost():
		return b.c.Hostname != b.in.Host.Name
	}
	return b.c.Hostname != b.shortID()
}

func (b *builder) restarts() bool {
	return b.h.RestartPolicy.Name != "" && b.h.RestartPolicy.Name != container.RestartPolicyDisabled
}

// machines are uname(2)'s names for what images call an architecture.
var machines = map[string]string{"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}

// platform is said only where the image is for another architecture.
func (b *builder) platform() {
	arch, host := b.in.Image.Architecture, b.in.Host.Arch
	if arch == "" || host == "" || arch == host || arch == machines[host] {
		return
	}
	platform := cmp.Or(b.in.Image.Os, "linux") + "/" + arch
	if b.in.Image.Variant != "" {
		platform += "/" + b.in.Image.Variant
	}
	b.text("--platform", platform)
}

// process: who runs where, with which environment.
func (b *builder) process() {
	if b.c.User != b.image.User {
		// The engine takes an empty user for the image's.
		b.text("--user", cmp.Or(b.c.User, "0"))
	}
	if b.c.WorkingDir != b.image.WorkingDir {
		b.text("--workdir", b.c.WorkingDir)
	}
	b.environment()
	for _, key := range slices.Sorted(maps.Keys(b.c.Labels)) {
		value := b.c.Labels[key]
		if inherited, ok := b.image.Labels[key]; ok && inherited == value || strings.HasPrefix(key, composeLabels) {
			continue
		}
		b.add("--label", b.secrets.pair(key, value))
	}
	if b.c.StopSignal != b.image.StopSignal {
		b.text("--stop-signal", b.c.StopSignal)
	}
	if b.c.StopTimeout != nil {
		b.add("--stop-timeout", plain(fmt.Sprint(*b.c.StopTimeout)))
	}
	b.each("--group-add", b.h.GroupAdd)
}

// composeLabels begin the labels by which Compose knows its own; on another
// container they would make Compose take it for its own.
const composeLabels = "com.docker.compose."

func (b *builder) environment() {
	inherited := map[string]string{}
	for _, kv := range b.image.Env {
		name, value, _ := strings.Cut(kv, "=")
		inherited[name] = value
	}
	for _, kv := range b.c.Env {
		name, value, ok := strings.Cut(kv, "=")
		if given, is := inherited[name]; is && given == value {
			continue
		}
		switch {
		case !ok:
			b.note("The environment variable %s has no value; docker run cannot say that.", name)
		case value == "" || !secretEnv(name, value):
			b.add("--env", b.secrets.hideEnv(name, value))
		case shellName(name) == name && b.secrets.byValue[value] == name:
			// Without a value docker takes it from the caller's environment.
			b.add("--env", plain(name))
		default:
			b.add("--env", append(plain(name+"="), part{secret: b.secrets.variable(name, value)}))
		}
	}
}

// hideEnv is NAME=value, where a secret of another variable may stand inside.
func (s *secrets) hideEnv(name, value string) word {
	return append(plain(name+"="), s.replace(value)...)
}

// healthcheck compares field by field, as the engine merges the image's in.
func (b *builder) healthcheck() {
	have := b.c.Healthcheck
	if have == nil {
		return
	}
	image := b.image.Healthcheck
	if image == nil {
		image = &dockerspec.HealthcheckConfig{}
	}
	if !slices.Equal(have.Test, image.Test) && len(have.Test) > 0 {
		b.healthTest(have.Test)
	}
	for _, f := range []struct {
		name        string
		have, image time.Duration
	}{
		{"--health-interval", have.Interval, image.Interval},
		{"--health-timeout", have.Timeout, image.Timeout},
		{"--health-start-period", have.StartPeriod, image.StartPeriod},
		{"--health-start-interval", have.StartInterval, image.StartInterval},
	} {
		if f.have != f.image {
			b.text(f.name, f.have.String())
		}
	}
	if have.Retries != image.Retries {
		b.number("--health-retries", int64(have.Retries))
	}
}

func (b *builder) healthTest(test []string) {
	switch {
	case test[0] == "NONE":
		b.toggle("--no-healthcheck", true)
	case test[0] == "CMD-SHELL" && len(test) == 2:
		b.add("--health-cmd", b.secrets.hide(test[1]))
	case test[0] == "CMD" || test[0] == "CMD-SHELL":
		b.add("--health-cmd", shellLine(b.secrets.args(test[1:])))
		b.runNote("The healthcheck runs a program without a shell, which docker run cannot say; with this command it needs /bin/sh in the image.")
	default:
		b.note("The healthcheck is of a kind that docker run cannot say.")
	}
}

// shellLine writes words as a line for the shell inside, where a secret stands
// in single quotes: the value of its variable is put there before that shell
// reads the line.
func shellLine(words []word) word {
	var line word
	for i, w := range words {
		if i > 0 {
			line = append(line, part{text: " "})
		}
		if len(w) == 0 {
			line = append(line, part{text: "''"})
		}
		for _, p := range w {
			if p.secret != "" {
				line = append(line, part{text: "'"}, p, part{text: "'"})
			} else {
				line = append(line, part{text: quote(p.text)})
			}
		}
	}
	return line
}

// commandLine is what follows the image. One word alone fits into --entrypoint;
// the others go before the arguments, which makes the same process.
func (b *builder) commandLine() {
	entrypoint, cmd := b.c.Entrypoint, b.c.Cmd
	same := slices.Equal(entrypoint, b.image.Entrypoint)
	switch {
	case same && slices.Equal(cmd, b.image.Cmd):
		return
	case same && (len(cmd) > 0 || len(b.image.Cmd) == 0):
		b.args = b.secrets.args(cmd)
		return
	case len(entrypoint) == 0:
		b.add("--entrypoint", plain(""))
		b.args = b.secrets.args(cmd)
		return
	}
	words := b.secrets.args(slices.Concat(entrypoint, cmd))
	b.add("--entrypoint", words[0])
	b.args = words[1:]
}

// secretNotes says which variables the command needs.
func (b *builder) secretNotes() {
	if used := b.variables(); len(used) > 0 {
		b.runNote("Set and export %s before you run this. Their values look like secrets and are not printed; the command takes them from your environment.",
			strings.Join(used, ", "))
	}
	if slices.ContainsFunc(b.words(), word.unusual) {
		b.runNote("A value holds control characters; they are written in $'…', which bash, zsh and ksh understand.")
	}
}

// words are the command's values, of its flags and its arguments.
func (c Command) words() []word {
	all := slices.Clone(c.args)
	for _, f := range c.flags {
		all = append(all, f.value)
	}
	for _, connect := range c.connects {
		for _, f := range connect.flags {
			all = append(all, f.value)
		}
	}
	return all
}

// variables are the names of the shell variables that stand for secrets,
// sorted.
func (c Command) variables() []string {
	used := map[string]bool{}
	for _, w := range c.words() {
		for _, p := range w {
			if p.secret != "" {
				used[p.secret] = true
			}
		}
	}
	for _, f := range c.flags {
		if f.name == "--env" && len(f.value) == 1 && c.secrets.byName[f.value[0].text] != "" {
			used[f.value[0].text] = true
		}
	}
	return slices.Sorted(maps.Keys(used))
}
