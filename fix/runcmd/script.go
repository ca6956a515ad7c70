package runcmd

import (
	"maps"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/mount"
)

// Script is the command as a program: it stops at the first thing that fails,
// and at a variable that is missing before it does anything. It says which
// networks and volumes it takes for granted, and makes none.
func (c Command) Script() string {
	shell := "#!/bin/sh"
	if slices.ContainsFunc(c.words(), word.unusual) {
		shell = "#!/usr/bin/env bash" // for $'…'
	}
	lines := []string{shell}
	if networks := c.networks(); len(networks) > 0 {
		lines = append(lines, "# It needs the networks: "+strings.Join(networks, ", "))
	}
	if volumes := c.volumes(); len(volumes) > 0 {
		lines = append(lines, "# It uses the volumes, which the engine makes empty where they are not there: "+strings.Join(volumes, ", "))
	}
	lines = append(lines, "set -eu")
	for _, name := range c.variables() {
		lines = append(lines, `: "${`+name+`:?set and export it first}"`)
	}
	return strings.Join(append(lines, c.Lines()...), "\n") + "\n"
}

// networks are those that somebody made, by the names that a shell takes.
func (c Command) networks() []string {
	names := map[string]bool{}
	if mode := c.in.Container.HostConfig.NetworkMode; mode.IsUserDefined() {
		names[quote(string(mode))] = true
	}
	for _, connect := range c.connects {
		names[connect.words[0].String()] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// volumes are the named ones that it mounts.
func (c Command) volumes() []string {
	names := map[string]bool{}
	for _, f := range c.flags {
		if f.name != "--volume" {
			continue
		}
		if source, _, ok := strings.Cut(f.value[0].text, ":"); ok && !strings.HasPrefix(source, "/") {
			names[quote(source)] = true
		}
	}
	for _, m := range c.in.Container.HostConfig.Mounts {
		if m.Type == mount.TypeVolume && m.Source != "" {
			names[quote(m.Source)] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
