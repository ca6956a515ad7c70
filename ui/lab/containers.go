package lab

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"bulkhead/inspect/compose"

	"github.com/compose-spec/compose-go/v2/types"
	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// makeContainers brings each service's container up to date, what it depends on
// first.
func (u *upping) makeContainers(ctx context.Context) error {
	names := slices.Sorted(maps.Keys(u.project.Services))
	return u.project.ForEachService(names, func(name string, s *types.ServiceConfig) error {
		for dep, d := range s.DependsOn {
			if d.Condition != types.ServiceConditionHealthy {
				continue
			}
			if err := u.waitFor(ctx, dep); err != nil {
				return err
			}
		}
		return u.makeContainer(ctx, *s)
	})
}

// makeContainer keeps, starts, replaces or creates the service's container.
func (u *upping) makeContainer(ctx context.Context, s types.ServiceConfig) error {
	if err := check(ctx); err != nil {
		return err
	}
	want, imageID, err := u.want(ctx, s)
	if err != nil {
		return err
	}
	var old []container.Summary
	for _, c := range u.running[s.Name] {
		fits, err := u.fits(ctx, c, want, imageID)
		if err != nil {
			return err
		}
		if !fits || u.ids[s.Name] != "" {
			old = append(old, c)
			continue
		}
		u.ids[s.Name] = c.ID
		if c.State != container.StateRunning {
			u.say("Starting %s", s.Name)
			if _, err := u.API.ContainerStart(ctx, c.ID, client.ContainerStartOptions{}); err != nil {
				return u.startError(ctx, s, err)
			}
		}
	}
	if u.ids[s.Name] != "" {
		return u.remove(ctx, old)
	}
	if len(old) > 0 {
		return u.replace(ctx, s, want, old)
	}
	u.say("Starting %s", s.Name)
	id, err := u.create(ctx, s, want)
	if err != nil {
		return err
	}
	u.ids[s.Name] = id
	return u.start(ctx, s, id)
}

// want translates a service, with its references to other services resolved.
func (u *upping) want(ctx context.Context, s types.ServiceConfig) (client.ContainerCreateOptions, string, error) {
	for _, mode := range []*string{&s.NetworkMode, &s.Pid, &s.Ipc} {
		if name, ok := referenced(*mode); ok {
			*mode = types.ContainerPrefix + u.ids[name]
		}
	}
	image, err := u.API.ImageInspect(ctx, s.Image)
	if err != nil {
		return client.ContainerCreateOptions{}, "", fmt.Errorf("service %s: looking for image %q: %w", s.Name, s.Image, err)
	}
	want, err := translate(u.project, s, image.ID)
	return want, image.ID, err
}

// fits says whether a container is what the file asks for: the same settings,
// image, name and networks.
func (u *upping) fits(ctx context.Context, c container.Summary, want client.ContainerCreateOptions, imageID string) (bool, error) {
	if c.Labels[hashLabel] != want.Config.Labels[hashLabel] || c.ImageID != imageID || !slices.Contains(c.Names, "/"+want.Name) {
		return false, nil
	}
	if want.NetworkingConfig == nil {
		return true, nil
	}
	for name := range want.NetworkingConfig.EndpointsConfig {
		n, err := u.API.NetworkInspect(ctx, name, client.NetworkInspectOptions{})
		if err != nil {
			return false, fmt.Errorf("looking for network %s: %w", name, err)
		}
		endpoint := c.NetworkSettings.Networks[name]
		if endpoint == nil || endpoint.NetworkID != n.Network.ID {
			return false, nil
		}
	}
	return true, nil
}

// create creates a container without starting it, and remembers how to take it
// back. It is not cut in half by an interruption: without its answer nobody
// would know what to take back.
func (u *upping) create(ctx context.Context, s types.ServiceConfig, want client.ContainerCreateOptions) (string, error) {
	if err := check(ctx); err != nil {
		return "", err
	}
	ctx = context.WithoutCancel(ctx)
	// Before API 1.44 a container is created in one network only.
	first, more := splitNetworks(want)
	created, err := u.API.ContainerCreate(ctx, first)
	if err != nil {
		return "", fmt.Errorf("creating the container of service %s: %w", s.Name, err)
	}
	u.undo.add(func(ctx context.Context) error { return removeContainer(ctx, u.API, created.ID) })
	for _, name := range slices.Sorted(maps.Keys(more)) {
		_, err := u.API.NetworkConnect(ctx, name, client.NetworkConnectOptions{Container: created.ID, EndpointConfig: more[name]})
		if err != nil {
			return "", fmt.Errorf("connecting service %s to network %s: %w", s.Name, name, err)
		}
	}
	return created.ID, nil
}

// splitNetworks returns the request with the network that it is created in
// alone, and the others.
func splitNetworks(want client.ContainerCreateOptions) (client.ContainerCreateOptions, map[string]*network.EndpointSettings) {
	if want.NetworkingConfig == nil {
		return want, nil
	}
	more := maps.Clone(want.NetworkingConfig.EndpointsConfig)
	main := string(want.HostConfig.NetworkMode)
	want.NetworkingConfig = &network.NetworkingConfig{
		EndpointsConfig: map[string]*network.EndpointSettings{main: more[main]},
	}
	delete(more, main)
	return want, more
}

// start starts a created container.
func (u *upping) start(ctx context.Context, s types.ServiceConfig, id string) error {
	if err := check(ctx); err != nil {
		return err
	}
	_, err := u.API.ContainerStart(context.WithoutCancel(ctx), id, client.ContainerStartOptions{})
	if err != nil {
		return u.startError(ctx, s, err)
	}
	return nil
}

// replace puts a new container in the place of old ones. They are stopped and
// kept until it has started, and started again where it has not.
func (u *upping) replace(ctx context.Context, s types.ServiceConfig, want client.ContainerCreateOptions, old []container.Summary) error {
	u.say("Replacing %s, which has changed", s.Name)
	name := want.Name
	want.Name = name + "-new"
	mark := len(u.undo.steps)
	id, err := u.create(ctx, s, want)
	if err != nil {
		return err
	}
	for _, c := range old {
		// Added after the step that removes the new one, it would be taken
		// before it, and the port would still be in use.
		if c.State == container.StateRunning {
			u.undo.steps = slices.Insert(u.undo.steps, mark, step{take: func(ctx context.Context) error {
				_, err := u.API.ContainerStart(ctx, c.ID, client.ContainerStartOptions{})
				return err
			}})
		}
		// To the end: an old container that is started again while it still
		// stops would not run afterwards.
		_, err := u.API.ContainerStop(context.WithoutCancel(ctx), c.ID, client.ContainerStopOptions{})
		if err != nil {
			return fmt.Errorf("stopping the old container of service %s: %w", s.Name, err)
		}
	}
	if err := u.start(ctx, s, id); err != nil {
		return err
	}
	// From here on the new one stays.
	u.undo.steps = u.undo.steps[:mark]
	u.ids[s.Name] = id
	// The new one takes the name even where the person stops us now.
	ctx = context.WithoutCancel(ctx)
	if err := u.remove(ctx, old); err != nil {
		return err
	}
	if _, err := u.API.ContainerRename(ctx, id, client.ContainerRenameOptions{NewName: name}); err != nil {
		return fmt.Errorf("naming the container of service %s: %w", s.Name, err)
	}
	return nil
}

// remove removes containers that have been replaced.
func (u *upping) remove(ctx context.Context, old []container.Summary) error {
	for _, c := range old {
		if err := removeContainer(ctx, u.API, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// removeContainer removes a container with its anonymous volumes, where it is
// there.
func removeContainer(ctx context.Context, api client.APIClient, id string) error {
	_, err := api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !cerrdefs.IsNotFound(err) {
		return fmt.Errorf("removing container %s: %w", id, err)
	}
	return nil
}

// portInUse finds the port in the engine's words for a conflict: of its own
// (libnetwork/portallocator), of the kernel, and of Docker Desktop.
var portInUse = regexp.MustCompile(`:(\d+)(?: failed: port is already allocated|: bind: address already in use| -> )`)

// startError turns a port conflict into a *PortError.
func (u *upping) startError(ctx context.Context, s types.ServiceConfig, err error) error {
	found := portInUse.FindStringSubmatch(err.Error())
	if found == nil {
		return fmt.Errorf("starting service %s: %w", s.Name, err)
	}
	conflict := &PortError{Service: s.Name, Port: found[1], Err: err}
	conflict.File, conflict.Line = u.portLine(ctx, s.Name, found[1])
	return conflict
}

// portLine finds where a service asks for a port on the host. Where it cannot
// be found exactly, the file is named and the line is 0.
func (u *upping) portLine(ctx context.Context, service, port string) (string, int) {
	file := strings.Join(u.project.ComposeFiles, ", ")
	read, err := compose.Load(ctx, compose.Options{Dir: u.Dir, Files: u.project.ComposeFiles})
	if err != nil {
		return file, 0
	}
	w, ok := read.Workload(service)
	if !ok {
		return file, 0
	}
	for _, p := range w.Settings.Ports {
		if source := w.Sources.Of(p.Setting, "ports"); fmt.Sprint(p.HostPort) == port && source.Line > 0 {
			return source.File, source.Line
		}
	}
	return file, 0
}
