// Package runcmd writes the docker run command that makes a container like one
// that is there, as it is or hardened by a fix.Plan. It is pure: it reads what
// the engine said of the container and of its image, and gives text.
//
// Its contract: nothing is lost. What the image or the engine gives by itself is
// left out, everything else becomes a flag, and what no flag can say becomes a
// note. Values that look like secrets are never in the text: the command takes
// them from the caller's environment, and a note says which it needs.
//
// The command is for POSIX shells; a value with control characters is quoted as
// bash, zsh, ksh and POSIX.1-2024 understand it, and a note says so.
package runcmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/inspect"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
)

// Input is what a command is made from.
type Input struct {
	Container container.InspectResponse
	// Raw is the same inspect as the engine wrote it; it has fields that the
	// types have lost (Config.MacAddress). It may be nil.
	Raw []byte
	// Image is the container's image, asked for by its ID. Where its Config is
	// nil nothing is subtracted, and a note says so.
	Image image.InspectResponse
	Host  inspect.Host

	// planned is the seccomp profile that a plan brings.
	planned inspect.Profile
}

// Command is a docker run command, and what belongs to it.
type Command struct {
	in    Input
	flags []flag
	image string
	args  []word
	// connects are the networks that run cannot connect to by itself.
	connects []flagSet
	// notes are about the container, runNotes about what docker run cannot say.
	notes, runNotes []string
	files           []File
	secrets         *secrets
	// unstarted says that the container is only created.
	unstarted bool
}

// File is a file that the command reads.
type File struct {
	Name string
	Data []byte
}

// flag is one flag of docker run. Without a value it is a switch.
type flag struct {
	name  string
	value word
	set   bool
}

// flagSet is a further docker command: its words before the flags, its flags,
// its words after.
type flagSet struct {
	flags []flag
	words []word
}

// From makes the command for a container as it is.
func From(in Input) (Command, error) {
	if in.Container.Config == nil || in.Container.HostConfig == nil {
		return Command{}, errors.New("the engine's description of the container has no configuration")
	}
	if in.Container.Config.Image == "" {
		return Command{}, errors.New("the engine's description of the container names no image")
	}
	return build(in), nil
}

// Harden makes the command for the same container under a plan. It changes the
// settings as the trial of the plan did.
func (c Command) Harden(p fix.Plan) Command {
	in := c.in
	config, h := fix.ApplyTo(*in.Container.Config, *in.Container.HostConfig, p)
	in.Container.Config, in.Container.HostConfig = &config, &h
	in.Container.Mounts = slices.DeleteFunc(slices.Clone(in.Container.Mounts), func(m container.MountPoint) bool {
		return replaced(p, m.Destination)
	})
	for _, change := range p.Of(inspect.DialSeccomp) {
		in.planned = change.Profile
	}
	hardened := build(in)
	if h.Privileged && !p.Empty() {
		hardened.notes = append(hardened.notes, "The container is privileged: the engine gives it every capability whatever the flags say.")
	}
	return hardened
}

// Unstarted is the docker create command of the same container, for what has to
// be done before it starts.
func (c Command) Unstarted() Command {
	c.unstarted = true
	return c
}

// replaced says whether the plan puts something else on the path, or nothing:
// then the volume that is there today is not to come back under its name.
func replaced(p fix.Plan, path string) bool {
	for _, dial := range []inspect.Dial{inspect.DialTmpfs, inspect.DialVolume, inspect.DialRemoveMount} {
		if slices.ContainsFunc(p.Of(dial), func(c inspect.Change) bool { return c.Place() == path }) {
			return true
		}
	}
	return false
}

// Notes say what a person should know before running the command: what no flag
// can say, and which variables it needs. They are printable, a sentence or two each.
func (c Command) Notes() []string { return slices.Concat(c.runNotes, c.notes) }

// Files are the files that must be there when the command runs, in the current
// directory.
func (c Command) Files() []File { return slices.Clone(c.files) }

// OneLine is the command alone, in one line unless a value holds a line break.
func (c Command) OneLine() string {
	commands := []string{strings.Join(c.run(), " ")}
	for _, connect := range c.connects {
		commands = append(commands, strings.Join(connect.pieces(), " "))
	}
	return strings.Join(commands, " && ")
}

// Lines is the command as a person likes to read it: the notes as comments,
// then a flag a line.
func (c Command) Lines() []string {
	var lines []string
	for _, note := range c.Notes() {
		lines = append(lines, "# "+note)
	}
	run := c.run()
	for i, words := range run {
		line := words
		if i > 0 {
			line = "  " + line
		}
		if i < len(run)-1 {
			line += " \\"
		}
		lines = append(lines, line)
	}
	for _, connect := range c.connects {
		lines = append(lines, strings.Join(connect.pieces(), " "))
	}
	return lines
}

// run is the command in pieces that belong on a line each.
func (c Command) run() []string {
	pieces := []string{"docker run"}
	if c.unstarted {
		pieces[0] = "docker create"
	}
	for _, f := range c.flags {
		if f.name == "-d" && c.unstarted {
			continue // docker create has no such flag, and needs none
		}
		pieces = append(pieces, f.String())
	}
	last := []string{quote(c.image)}
	for _, a := range c.args {
		last = append(last, a.String())
	}
	return append(pieces, strings.Join(last, " "))
}

// pieces are the words of the further command.
func (s flagSet) pieces() []string {
	out := []string{"docker network connect"}
	for _, f := range s.flags {
		out = append(out, f.String())
	}
	for _, w := range s.words {
		out = append(out, w.String())
	}
	return out
}

// String is the flag as a shell takes it.
func (f flag) String() string {
	if !f.set {
		return f.name
	}
	return fmt.Sprintf("%s %s", f.name, f.value)
}
