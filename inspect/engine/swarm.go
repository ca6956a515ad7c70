package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"bulkhead/inspect"

	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/client"
)

// labelSwarmService is the ID of the service whose task a container is (moby
// daemon/cluster/executor/container).
const labelSwarmService = "com.docker.swarm.service.id"

// swarmServices are the services by ID, where the engine manages a swarm.
func (e *Engine) swarmServices(ctx context.Context) (map[string]*inspect.Workload, []string, error) {
	if !e.info.Swarm.ControlAvailable {
		return nil, nil, nil
	}
	bounded, cancel := context.WithTimeout(ctx, e.patience)
	defer cancel()
	services, err := e.API.ServiceList(bounded, client.ServiceListOptions{})
	if err == nil {
		var tasks client.TaskListResult
		if tasks, err = e.API.TaskList(bounded, client.TaskListOptions{}); err == nil {
			return toServices(services.Items, tasks.Items, e.serviceNetworks(bounded, services.Items)), nil, nil
		}
	}
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	return nil, []string{fmt.Sprintf("The services of the swarm could not be listed, so nothing is known of them: %s. Try `docker service ls`.",
		oneLine(err))}, nil
}

// serviceNetworks are the networks that the services name by ID, as far as they
// can be inspected. A list of networks would not do: the swarm's own "host" is
// not in it.
func (e *Engine) serviceNetworks(ctx context.Context, services []swarm.Service) map[string]network.Network {
	found := map[string]network.Network{}
	asked := map[string]bool{}
	for _, s := range services {
		for _, n := range s.Spec.TaskTemplate.Networks {
			if asked[n.Target] {
				continue
			}
			asked[n.Target] = true
			if result, err := e.API.NetworkInspect(ctx, n.Target, client.NetworkInspectOptions{}); err == nil {
				found[n.Target] = result.Network.Network
			}
		}
	}
	return found
}

func toServices(services []swarm.Service, tasks []swarm.Task, networks map[string]network.Network) map[string]*inspect.Workload {
	running := map[string]bool{}
	for _, t := range tasks {
		if t.Status.State == swarm.TaskStateRunning {
			running[t.ServiceID] = true
		}
	}
	out := map[string]*inspect.Workload{}
	for _, s := range services {
		if _, own := s.Spec.Labels[labelSession]; own {
			continue
		}
		w := serviceWorkload(s.Spec)
		if s.Endpoint.Ports != nil {
			w.Settings.Ports = servicePorts(s.Endpoint.Ports)
		}
		nameNetworks(&w, networks)
		if running[s.ID] {
			w.State = inspect.Running
		}
		out[s.ID] = &w
	}
	return out
}

// serviceWorkload is what a service's specification says.
func serviceWorkload(spec swarm.ServiceSpec) inspect.Workload {
	w := inspect.Workload{
		Name: spec.Name, State: inspect.Defined,
		Sources:          inspect.Sources{"": {Origin: inspect.FromSwarm}},
		ProcessesUnknown: "no task of the service runs on this machine",
	}
	labels := maps.Clone(spec.Labels)
	if c := spec.TaskTemplate.ContainerSpec; c != nil {
		w.Image = c.Image
		w.Settings = serviceSettings(*c)
		if labels == nil {
			labels = map[string]string{}
		}
		maps.Copy(labels, c.Labels)
	}
	w.LabelNames, w.SecretLabels = inspect.OwnLabels(labels, nil)
	if r := spec.TaskTemplate.Resources; r != nil && r.Limits != nil {
		l := &w.Settings.Limits
		l.Memory, l.PIDs, l.CPUs = r.Limits.MemoryBytes, max(0, r.Limits.Pids), float64(r.Limits.NanoCPUs)/1e9
	}
	if r := spec.TaskTemplate.RestartPolicy; r == nil || r.Condition == swarm.RestartPolicyConditionAny {
		w.Settings.Restart = "always" // what swarm does unless told otherwise
	} else if r.Condition == swarm.RestartPolicyConditionOnFailure {
		w.Settings.Restart = "on-failure"
		if r.MaxAttempts != nil {
			w.Settings.RestartTries = int(min(*r.MaxAttempts, math.MaxInt32))
		}
	}
	for _, n := range spec.TaskTemplate.Networks {
		w.Settings.Networks = append(w.Settings.Networks, n.Target)
	}
	if spec.EndpointSpec != nil {
		w.Settings.Ports = servicePorts(spec.EndpointSpec.Ports)
	}
	return w
}

// nameNetworks replaces the IDs that a specification keeps by names; the host's
// network is no network of the service's own. An ID that stands for nothing
// known may be the host's.
func nameNetworks(w *inspect.Workload, networks map[string]network.Network) {
	s := &w.Settings
	for i, target := range s.Networks {
		n, known := networks[target]
		switch {
		case !known:
			w.Unresolved = unresolved(w.Unresolved, "network_mode", "a network of the service could not be inspected")
			continue
		case n.Driver == network.NetworkHost:
			s.Namespaces.Network = network.NetworkHost
		}
		s.Networks[i] = n.Name
	}
	if s.Namespaces.Network == network.NetworkHost {
		s.Networks = nil
	}
	slices.Sort(s.Networks)
}

func unresolved(so map[string]string, setting, why string) map[string]string {
	if so == nil {
		so = map[string]string{}
	}
	so[setting] = why
	return so
}

func serviceSettings(c swarm.ContainerSpec) inspect.Settings {
	s := inspect.Settings{
		User: c.User, CapAdd: inspect.NormalizeCaps(c.CapabilityAdd), CapDrop: inspect.NormalizeCaps(c.CapabilityDrop),
		ReadOnlyRoot: c.ReadOnly, Env: envNames(c.Env), Healthcheck: inspect.Healthcheck{Defined: probed(c.Healthcheck)},
		Limits: inspect.Limits{Ulimits: ulimits(c.Ulimits)},
	}
	if len(c.Sysctls) > 0 {
		s.Sysctls = maps.Clone(c.Sysctls)
	}
	for _, m := range c.Mounts {
		switch m.Type {
		case mount.TypeTmpfs:
			s.Tmpfs = append(s.Tmpfs, inspect.Tmpfs{Path: m.Target, Options: tmpfsOptions(m)})
		default:
			kept := inspect.Mount{Type: inspect.MountType(m.Type), Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly}
			if m.BindOptions != nil {
				kept.Propagation = inspect.SharedPropagation(string(m.BindOptions.Propagation))
			}
			s.Mounts = append(s.Mounts, kept)
		}
	}
	slices.SortFunc(s.Mounts, inspect.Mount.Compare)
	if c.Privileges != nil {
		servicePrivileges(&s, *c.Privileges)
	}
	return s
}

func servicePrivileges(s *inspect.Settings, p swarm.Privileges) {
	s.NoNewPrivileges = p.NoNewPrivileges
	if p.Seccomp != nil {
		switch p.Seccomp.Mode {
		case swarm.SeccompModeUnconfined:
			s.Seccomp = "unconfined"
		case swarm.SeccompModeCustom:
			s.Seccomp = inspect.CustomProfile
		}
	}
	if p.AppArmor != nil && p.AppArmor.Mode == swarm.AppArmorModeDisabled {
		s.AppArmor = "unconfined"
	}
	if l := p.SELinuxContext; l != nil {
		if l.Disable {
			s.SELinux = append(s.SELinux, "disable")
		}
		for _, option := range []struct{ key, value string }{{"user", l.User}, {"role", l.Role}, {"type", l.Type}, {"level", l.Level}} {
			if option.value != "" {
				s.SELinux = append(s.SELinux, option.key+":"+option.value)
			}
		}
		slices.Sort(s.SELinux)
	}
}

func servicePorts(ports []swarm.PortConfig) []inspect.Port {
	var out []inspect.Port
	for _, p := range ports {
		out = append(out, inspect.Port{
			HostPort: uint16(p.PublishedPort), Container: uint16(p.TargetPort), Protocol: string(cmp.Or(p.Protocol, "tcp")),
		})
	}
	slices.SortFunc(out, inspect.Port.Compare)
	return out
}

// joinTasks adds to a service what its tasks on this engine show: a running one
// rather than a stopped one. The settings stay those of the specification, which
// holds for tasks on every node.
func joinTasks(w inspect.Workload, tasks []replicaRead) inspect.Workload {
	if len(tasks) == 0 {
		return w
	}
	joined, _ := join(tasks)
	w.ID, w.Container, w.Replicas, w.ImageID = joined.ID, joined.Container, joined.Replicas, joined.ImageID
	w.ImageFacts, w.Processes, w.ProcessesUnknown = joined.ImageFacts, joined.Processes, joined.ProcessesUnknown
	// The image's own user holds where the service names none.
	w.Settings.User = cmp.Or(w.Settings.User, joined.Settings.User)
	w.Settings.Healthcheck.Defined = w.Settings.Healthcheck.Defined || joined.Settings.Healthcheck.Defined
	return w
}

// imageDefaults fills in what a service leaves to its image. Where the image is
// not on this engine the user is not known.
func imageDefaults(w *inspect.Workload, image imageRead) {
	w.ImageFacts = image.facts
	if image.facts == nil {
		if w.Settings.User == "" {
			w.Unresolved = unresolved(w.Unresolved, "user", "the service names none, and its image is not on this engine")
		}
		return
	}
	w.Settings.User = cmp.Or(w.Settings.User, image.facts.User)
	w.Settings.Healthcheck.Defined = w.Settings.Healthcheck.Defined || image.facts.Healthcheck
}
