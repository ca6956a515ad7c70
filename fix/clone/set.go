package clone

import (
	"context"
	"fmt"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
)

// set is a copy of the subject and of its companions as they come into being.
// They share one network, which no other set is on, and volumes where their
// originals do.
type set struct {
	session *Session
	network string
	copies  map[*pattern]*copied // of the companions
	volumes map[string]string    // by the source of the mount
}

// make creates the container of a copy, with its data, not yet started.
func (s *set) make(ctx context.Context, c *copied, spec Spec) error {
	config, hostConfig := spec.Config, spec.HostConfig
	config.Labels = s.session.labels
	s.session.bounds.on(&hostConfig)
	options := client.ContainerCreateOptions{Name: c.name, Config: &config, HostConfig: &hostConfig}
	s.join(c, &hostConfig)
	s.connect(c, &options)
	fresh, err := s.addVolumes(ctx, c, spec.Storage, &hostConfig)
	if err != nil {
		return err
	}
	options.Config, options.HostConfig = c.watch.prepare(options.Config, options.HostConfig)
	creating, cancel := uncut(ctx)
	defer cancel()
	created, err := s.session.api.ContainerCreate(creating, options)
	if err != nil {
		return fmt.Errorf("creating a copy of %s: %w", name(c.of.original), explain(err))
	}
	c.id = created.ID
	for _, st := range fresh {
		if err := c.fill(ctx, st, s.volumes[st.Source]); err != nil {
			return err
		}
	}
	return nil
}

// connect puts the copy on the set's network under its own names, into the
// network of the copy that it is to join, or on none where the original has
// none.
func (s *set) connect(c *copied, o *client.ContainerCreateOptions) {
	subject := s.session.pattern
	ports := network.PortSet{}
	if c.of == subject || subject.joins[Network] == c.of {
		ports = subject.spec.Config.ExposedPorts
	}
	if c.of.joins[Network] != nil {
		c.joins = s.copies[c.of.joins[Network]]
		// The engine refuses these together with another container's network.
		o.Config.Hostname, o.Config.Domainname, o.Config.ExposedPorts = "", "", nil
		return
	}
	if o.HostConfig.NetworkMode.IsNone() {
		return
	}
	o.HostConfig.NetworkMode = container.NetworkMode(s.network)
	o.NetworkingConfig = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		s.network: {Aliases: c.of.spec.Aliases},
	}}
	if s.session.opt.Isolation == Published {
		publish(ports, o.HostConfig)
	}
}

// addVolumes mounts a volume for each of the mounts: one that another copy of
// the set has for the same source, else a new one. It returns those that are
// new and have to be filled.
func (s *set) addVolumes(ctx context.Context, c *copied, storage []Storage, h *container.HostConfig) (fresh []Storage, err error) {
	for i, st := range storage {
		volume := s.volumes[st.Source]
		if volume == "" || st.Source == "" {
			volume = fmt.Sprintf("%s-vol%d", c.name, i+1)
			if err := s.addVolume(ctx, c, volume, st); err != nil {
				return nil, fmt.Errorf("making a volume for %s: %w", inspect.Printable(st.Target), err)
			}
			s.volumes[st.Source] = volume
			fresh = append(fresh, st)
		}
		h.Mounts = append(h.Mounts, mount.Mount{
			Type: mount.TypeVolume, Source: volume, Target: st.Target, ReadOnly: st.ReadOnly,
			VolumeOptions: &mount.VolumeOptions{NoCopy: s.session.holds(st) || !st.Keep},
		})
	}
	return fresh, nil
}

// addVolume makes the volume for one mount: empty, or with a layer on what the
// person's holds.
func (s *set) addVolume(ctx context.Context, c *copied, name string, st Storage) error {
	l, layered := s.session.layers[st.Source]
	if !layered {
		c.volumes = append(c.volumes, name)
		_, err := s.session.createVolume(ctx, name, nil)
		return err
	}
	made, err := s.session.createLayer(ctx, name, l)
	c.volumes = append(c.volumes, made...)
	return err
}

// holds says that copies get the content of the mount.
func (s *Session) holds(st Storage) bool {
	_, layered := s.layers[st.Source]
	return layered || s.data[st.Source] != nil
}
