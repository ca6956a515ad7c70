package engine

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"bulkhead/inspect"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// parallel is how many containers are inspected at once.
const parallel = 8

// Workloads reads every container of the engine, running or not, and the
// services where it manages a swarm: Compose services first, by project and
// service, then the others by name. bulkhead's own are left out. The sentences
// say what could not be read.
func (e *Engine) Workloads(ctx context.Context) ([]inspect.Workload, []string, error) {
	var workloads []inspect.Workload
	problems, err := e.Each(ctx, func(w inspect.Workload) { workloads = append(workloads, w) })
	if err != nil {
		return nil, nil, err
	}
	Sort(workloads)
	return workloads, problems, nil
}

// Each is Workloads as they come: it hands over each workload as soon as its
// last container was read, one at a time and in no order.
func (e *Engine) Each(ctx context.Context, emit func(inspect.Workload)) ([]string, error) {
	list, err := e.list(ctx)
	if err != nil {
		return nil, err
	}
	services, problems, err := e.swarmServices(ctx)
	if err != nil {
		return nil, err
	}
	more, err := e.read(ctx, list, list, services, emit)
	problems = append(problems, more...)
	slices.Sort(problems)
	return problems, err
}

// list returns all containers but bulkhead's own.
func (e *Engine) list(ctx context.Context) ([]container.Summary, error) {
	result, err := e.API.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		return nil, fmt.Errorf("listing the containers of the engine at %s: %w", inspect.Printable(e.Host.Endpoint), err)
	}
	return slices.DeleteFunc(result.Items, func(s container.Summary) bool {
		_, own := s.Labels[labelSession]
		return own
	}), nil
}

// Sort puts Compose services first, by project and service, then the
// others by name.
func Sort(workloads []inspect.Workload) {
	slices.SortFunc(workloads, func(a, b inspect.Workload) int {
		if a.IsService() != b.IsService() {
			if a.IsService() {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Name, b.Name))
	})
}

// replicaRead is one container of a service.
type replicaRead struct {
	inspect.Workload
	number int
}

// join makes one workload of a service's containers. A running one is read
// rather than a stopped one, the lowest number first. Where another one runs
// under other settings that is said, because the one that was read does not
// speak for it.
func join(replicas []replicaRead) (inspect.Workload, []string) {
	slices.SortFunc(replicas, func(a, b replicaRead) int {
		return cmp.Or(cmp.Compare(liveliness(a.State), liveliness(b.State)),
			cmp.Compare(a.number, b.number), cmp.Compare(a.Container, b.Container))
	})
	w := replicas[0].Workload
	var others []string
	for _, r := range replicas[1:] {
		w.Replicas = append(w.Replicas, r.ID)
		if !sameSettings(w.Settings, r.Settings) {
			others = append(others, inspect.Printable(r.Container))
		}
	}
	if len(others) == 0 {
		return w, nil
	}
	return w, []string{fmt.Sprintf(
		"%s: %s was read, but other settings are in force in %s. Recreate the service so that its containers agree, or name the container to look at it alone.",
		inspect.Printable(w.Name), inspect.Printable(w.Container), strings.Join(others, ", "))}
}

// liveliness orders states for join.
func liveliness(s inspect.RunState) int {
	switch s {
	case inspect.Running:
		return 0
	case inspect.Restarting, inspect.Paused:
		return 1
	default:
		return 2
	}
}

// sameSettings compares what replicas of one service share; the ports that the
// engine chose or that a range gave may differ, and where a link leads is no
// setting.
func sameSettings(a, b inspect.Settings) bool {
	a, b = a.Clone(), b.Clone()
	for _, s := range []*inspect.Settings{&a, &b} {
		for i := range s.Ports {
			s.Ports[i].HostPort = 0
		}
		for i := range s.Mounts {
			s.Mounts[i].Resolved = ""
		}
	}
	return reflect.DeepEqual(a, b)
}

// summaryName is a container's own name; links give it further ones with a
// slash inside.
func summaryName(s container.Summary) string {
	for _, name := range s.Names {
		if name = strings.TrimPrefix(name, "/"); name != "" && !strings.Contains(name, "/") {
			return name
		}
	}
	return shortID(s.ID)
}

func shortID(id string) string { return id[:min(12, len(id))] }
