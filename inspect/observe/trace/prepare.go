package trace

import (
	"crypto/rand"
	"errors"
	"slices"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
)

// What the tracer may take of the container's limits.
const (
	memory = 128 << 20
	tasks  = 32
)

// Prepare returns the settings of a copy that can be traced, made of those that
// inspecting the container gave; the ones passed stay as they are. Each copy
// needs its own.
func (o *Observer) Prepare(config *container.Config, host *container.HostConfig) (*container.Config, *container.HostConfig, error) {
	entrypoint := config.Entrypoint
	if len(entrypoint) == 1 && entrypoint[0] == "" { // --entrypoint ""
		entrypoint = nil
	}
	if len(entrypoint)+len(config.Cmd) == 0 {
		return nil, nil, errors.New("preparing a container to be traced: its settings name no program; pass those that inspecting it gives")
	}
	c, h := *config, container.HostConfig{}
	if host != nil {
		h = *host
	}
	c.Entrypoint = slices.Concat([]string{program}, EnterCommand, []string{rand.Text()}, entrypoint)
	h.Mounts = append(slices.Clone(h.Mounts), mount.Mount{
		Type: mount.TypeVolume, Source: o.volume, Target: Dir, ReadOnly: true, VolumeOptions: &mount.VolumeOptions{NoCopy: true},
	})
	if h.Memory > 0 {
		h.Memory += memory
		if h.MemorySwap > 0 {
			h.MemorySwap += memory
		}
	}
	if h.PidsLimit != nil && *h.PidsLimit > 0 {
		limit := *h.PidsLimit + tasks
		h.PidsLimit = &limit
	}
	return &c, &h, nil
}

// mark finds in a copy's entrypoint what its process is known by.
func mark(entrypoint []string) (string, error) {
	begin := slices.Concat([]string{program}, EnterCommand)
	if len(entrypoint) <= len(begin) || !slices.Equal(entrypoint[:len(begin)], begin) {
		return "", errors.New("its entrypoint is not the tracer's: create it with the settings that Prepare returns")
	}
	return entrypoint[len(begin)], nil
}
