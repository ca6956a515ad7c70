package clone

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// copied is one copy of the original, from create to remove.
type copied struct {
	session *Session
	id      string
	name    string
	network string
	volumes []string
	grace   time.Duration
	log     *logbook
	helper  *helper
}

// create makes a copy under the plan with its network, volumes and data, not
// yet started. What it made is removed again when it fails.
func (s *Session) create(ctx context.Context, plan fix.Plan, log *logbook) (c *copied, err error) {
	n := s.next()
	c = &copied{session: s, name: s.resourceName("copy", n), log: log, grace: grace(s.spec.Config)}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.remove(ctx))
		}
	}()
	config, hostConfig := s.spec.Under(plan)
	config.Labels = s.labels
	if err := c.join(ctx, &config, &hostConfig); err != nil {
		return c, err
	}
	if err := c.addVolumes(ctx, n, &hostConfig); err != nil {
		return c, err
	}
	options := client.ContainerCreateOptions{Name: c.name, Config: &config, HostConfig: &hostConfig}
	if c.network != "" {
		options.NetworkingConfig = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
			c.network: {Aliases: s.spec.Aliases},
		}}
	}
	creating, cancel := uncut(ctx)
	defer cancel()
	created, err := s.api.ContainerCreate(creating, options)
	if err != nil {
		return c, fmt.Errorf("creating a copy of %s: %w", name(s.original), err)
	}
	c.id = created.ID
	return c, c.fillVolumes(ctx)
}

// join puts the copy on a network of its own, or on none where the original
// has none.
func (c *copied) join(ctx context.Context, config *container.Config, h *container.HostConfig) error {
	if h.NetworkMode.IsNone() {
		return nil
	}
	name, err := c.session.borrow(ctx)
	if err != nil {
		return err
	}
	c.network = name
	h.NetworkMode = container.NetworkMode(name)
	if c.session.opt.Isolation == Published {
		publish(config, h)
	}
	return nil
}

// addVolumes gives every writable mount a volume of its own.
func (c *copied) addVolumes(ctx context.Context, n int, h *container.HostConfig) error {
	ctx, cancel := uncut(ctx)
	defer cancel()
	for i, st := range c.session.spec.Storage {
		name := c.session.resourceName(fmt.Sprintf("copy%d-vol", n), i+1)
		_, err := c.session.api.VolumeCreate(ctx, client.VolumeCreateOptions{Name: name, Labels: c.session.labels})
		if err != nil {
			return fmt.Errorf("creating a volume for %s: %w", inspect.Printable(st.Target), err)
		}
		c.volumes = append(c.volumes, name)
		filled := c.session.data[st.Target] != nil
		h.Mounts = append(h.Mounts, mount.Mount{
			Type: mount.TypeVolume, Source: name, Target: st.Target,
			VolumeOptions: &mount.VolumeOptions{NoCopy: filled || !st.Keep},
		})
	}
	return nil
}

// start starts the copy, with a fresh connection to its output and a fresh
// probe beside it. The engine's refusal to start it is a *startError.
func (c *copied) start(ctx context.Context) error {
	if err := c.log.follow(ctx, c.session.api, c.id, c.session.spec.Config.Tty); err != nil {
		return err
	}
	if _, err := c.session.api.ContainerStart(ctx, c.id, client.ContainerStartOptions{}); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &startError{err}
	}
	if c.session.opt.HelperImage == "" {
		return nil
	}
	h, err := c.startHelper(ctx)
	if err != nil {
		return err
	}
	c.helper = h
	return nil
}

// startError is the engine's word where a container could not be started.
type startError struct{ err error }

func (e *startError) Error() string { return inspect.Printable(e.err.Error()) }
func (e *startError) Unwrap() error { return e.err }

// state is what the engine says of the copy now.
type state struct {
	running     bool
	code        int
	healthcheck string
	address     string
	ports       map[uint16]uint16 // container port to port on loopback
}

func (c *copied) state(ctx context.Context) (state, error) {
	result, err := c.session.api.ContainerInspect(ctx, c.id, client.ContainerInspectOptions{})
	if err != nil {
		return state{}, fmt.Errorf("looking at the copy: %w", err)
	}
	r := result.Container
	st := state{ports: map[uint16]uint16{}}
	if r.State != nil {
		st.running, st.code = r.State.Running, r.State.ExitCode
		if r.State.Health != nil && r.State.Health.Status != container.NoHealthcheck {
			st.healthcheck = string(r.State.Health.Status)
		}
	}
	if r.NetworkSettings == nil {
		return st, nil
	}
	if endpoint := r.NetworkSettings.Networks[c.network]; endpoint != nil && endpoint.IPAddress.IsValid() {
		st.address = endpoint.IPAddress.String()
	}
	for port, bindings := range r.NetworkSettings.Ports {
		for _, b := range bindings {
			if n, err := strconv.ParseUint(b.HostPort, 10, 16); err == nil {
				st.ports[port.Num()] = uint16(n)
			}
		}
	}
	return st, nil
}

// identities asks the engine who the copy's processes run as now. The numbers
// are those of the engine's host.
func (c *copied) identities(ctx context.Context) ([]health.Identity, error) {
	top, err := c.session.api.ContainerTop(ctx, c.id, client.ContainerTopOptions{Arguments: []string{"-eo", "pid,uid,gid,comm"}})
	if err != nil {
		if errdefs.IsConflict(err) || errdefs.IsNotFound(err) {
			return nil, nil // it ended meanwhile
		}
		return nil, fmt.Errorf("listing the copy's processes: %w", err)
	}
	var out []health.Identity
	for _, p := range top.Processes {
		if len(p) >= 4 {
			out = append(out, health.Identity{UID: p[1], GID: p[2], Command: inspect.Printable(p[3])})
		}
	}
	return health.Distinct(out), nil
}

// stop asks the copy to end and says how that went.
func (c *copied) stop(ctx context.Context) (code int, took time.Duration, killed bool, err error) {
	seconds := int(c.grace / time.Second)
	began := time.Now()
	if _, err := c.session.api.ContainerStop(ctx, c.id, client.ContainerStopOptions{Timeout: &seconds}); err != nil {
		return 0, 0, false, fmt.Errorf("stopping the copy: %w", err)
	}
	took = time.Since(began)
	c.closeHelper(ctx)
	st, err := c.state(ctx)
	return st.code, took, st.code == 137 && took >= c.grace, err
}

// grace is how long the service is given to stop: its own setting, else the
// engine's default of 10 seconds.
func grace(config container.Config) time.Duration {
	if config.StopTimeout != nil && *config.StopTimeout >= 0 {
		return time.Duration(*config.StopTimeout) * time.Second
	}
	return 10 * time.Second
}

// remove takes away the copy with everything it had, also after ctx has ended.
func (c *copied) remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	c.closeHelper(ctx)
	var problems []error
	if c.id != "" {
		_, err := c.session.api.ContainerRemove(ctx, c.id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		if err != nil && !errdefs.IsNotFound(err) {
			problems = append(problems, fmt.Errorf("removing the copy %s: %w", c.name, err))
		}
	}
	c.log.wait()
	for _, v := range c.volumes {
		_, err := c.session.api.VolumeRemove(ctx, v, client.VolumeRemoveOptions{Force: true})
		if err != nil && !errdefs.IsNotFound(err) {
			problems = append(problems, fmt.Errorf("removing the volume %s: %w", v, err))
		}
	}
	if c.network != "" && len(problems) == 0 {
		c.session.giveBack(c.network)
	}
	return errors.Join(problems...)
}
