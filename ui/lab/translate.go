package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// translate turns a service into what the engine's API takes, as Compose does
// (docker/compose pkg/compose/create.go). References to other services must be
// resolved already.
func translate(p *types.Project, s types.ServiceConfig, imageID string) (client.ContainerCreateOptions, error) {
	labels, err := containerLabels(p, s, imageID)
	if err != nil {
		return client.ContainerCreateOptions{}, err
	}
	exposed, bindings, err := ports(s)
	if err != nil {
		return client.ContainerCreateOptions{}, err
	}
	host, err := hostConfig(p, s)
	if err != nil {
		return client.ContainerCreateOptions{}, err
	}
	host.PortBindings = bindings
	mode, endpoints := networks(p, s)
	host.NetworkMode = mode
	return client.ContainerCreateOptions{
		Name: containerName(p, s),
		Config: &container.Config{
			Hostname: s.Hostname, Domainname: s.DomainName, User: s.User, WorkingDir: s.WorkingDir,
			Image: s.Image, Cmd: s.Command, Entrypoint: s.Entrypoint,
			Env: environment(s), Labels: labels, ExposedPorts: exposed,
			Tty: s.Tty, OpenStdin: s.StdinOpen, AttachStdout: true, AttachStderr: true,
			StopSignal: s.StopSignal, StopTimeout: seconds(s.StopGracePeriod),
			Healthcheck: healthcheck(s.HealthCheck), Volumes: anonymous(s),
		},
		HostConfig:       host,
		NetworkingConfig: endpoints,
	}, nil
}

// containerName is PROJECT-SERVICE-1, unless the file names it.
func containerName(p *types.Project, s types.ServiceConfig) string {
	if s.ContainerName != "" {
		return s.ContainerName
	}
	return p.Name + "-" + s.Name + "-1"
}

// environment writes the variables sorted. One without a value is not set.
func environment(s types.ServiceConfig) []string {
	var env []string
	for name, value := range s.Environment {
		if value != nil {
			env = append(env, name+"="+*value)
		}
	}
	slices.Sort(env)
	return env
}

func seconds(d *types.Duration) *int {
	if d == nil {
		return nil
	}
	n := int(time.Duration(*d).Seconds())
	return &n
}

func healthcheck(h *types.HealthCheckConfig) *container.HealthConfig {
	if h == nil {
		return nil
	}
	if h.Disable {
		return &container.HealthConfig{Test: []string{"NONE"}}
	}
	duration := func(d *types.Duration) time.Duration {
		if d == nil {
			return 0
		}
		return time.Duration(*d)
	}
	out := &container.HealthConfig{
		Test: h.Test, Interval: duration(h.Interval), Timeout: duration(h.Timeout),
		StartPeriod: duration(h.StartPeriod), StartInterval: duration(h.StartInterval),
	}
	if h.Retries != nil {
		out.Retries = int(*h.Retries)
	}
	return out
}

// ports returns what a service exposes and what it publishes.
func ports(s types.ServiceConfig) (network.PortSet, network.PortMap, error) {
	exposed, bindings := network.PortSet{}, network.PortMap{}
	for _, e := range s.Expose {
		port, err := network.ParsePort(e)
		if err != nil {
			return nil, nil, fmt.Errorf("service %s: expose %q: %w", s.Name, e, err)
		}
		exposed[port] = struct{}{}
	}
	for _, c := range s.Ports {
		port, err := network.ParsePort(strconv.FormatUint(uint64(c.Target), 10) + "/" + c.Protocol)
		if err != nil {
			return nil, nil, fmt.Errorf("service %s: port %d: %w", s.Name, c.Target, err)
		}
		binding := network.PortBinding{HostPort: c.Published}
		if c.HostIP != "" {
			if binding.HostIP, err = netip.ParseAddr(c.HostIP); err != nil {
				return nil, nil, fmt.Errorf("service %s: port %d: %w", s.Name, c.Target, err)
			}
		}
		exposed[port] = struct{}{}
		bindings[port] = append(bindings[port], binding)
	}
	return exposed, bindings, nil
}

// networks returns the network that a container is created in, and all that it
// is to join. The service answers to its name in each of them.
func networks(p *types.Project, s types.ServiceConfig) (container.NetworkMode, *network.NetworkingConfig) {
	if s.NetworkMode != "" {
		return container.NetworkMode(s.NetworkMode), nil
	}
	names := s.NetworksByPriority()
	if len(names) == 0 {
		return network.NetworkNone, nil
	}
	endpoints := map[string]*network.EndpointSettings{}
	for _, name := range names {
		aliases := []string{containerName(p, s), s.Name}
		if settings := s.Networks[name]; settings != nil {
			aliases = append(aliases, settings.Aliases...)
		}
		endpoints[p.Networks[name].Name] = &network.EndpointSettings{Aliases: aliases}
	}
	return container.NetworkMode(p.Networks[names[0]].Name), &network.NetworkingConfig{EndpointsConfig: endpoints}
}

// referenced returns the service that a namespace mode refers to.
func referenced(mode string) (string, bool) { return strings.CutPrefix(mode, types.ServicePrefix) }
