package engine

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"bulkhead/inspect"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"
)

// parallel is how many containers are inspected at once.
const parallel = 8

// Workloads reads every container of the engine, running or not: Compose
// services first, by project and service, then the other containers by name.
// bulkhead's own are left out. The sentences say what could not be read.
func (e *Engine) Workloads(ctx context.Context) ([]inspect.Workload, []string, error) {
	list, err := e.list(ctx)
	if err != nil {
		return nil, nil, err
	}
	return e.read(ctx, list, list)
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

// read inspects the wanted containers and makes workloads of them; all are the
// containers whose names may be needed.
func (e *Engine) read(ctx context.Context, wanted, all []container.Summary) ([]inspect.Workload, []string, error) {
	seen, problems, err := e.inspectAll(ctx, wanted)
	if err != nil {
		return nil, nil, err
	}
	peers := peersOf(all)
	byService := map[service][]replicaRead{}
	var workloads []inspect.Workload
	for _, c := range seen {
		w := e.ToWorkload(c)
		peers.name(&w)
		if !w.IsService() {
			workloads = append(workloads, w)
			continue
		}
		key := service{w.Project, w.Service}
		byService[key] = append(byService[key], replicaRead{w, replica(c.Config.Labels)})
	}
	for _, replicas := range byService {
		w, problem := join(replicas)
		workloads = append(workloads, w)
		problems = append(problems, problem...)
	}
	slices.SortFunc(workloads, func(a, b inspect.Workload) int {
		if a.IsService() != b.IsService() {
			if a.IsService() {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Name, b.Name))
	})
	slices.Sort(problems)
	return workloads, problems, nil
}

// inspectAll inspects the containers, a few at a time. One that is gone by now
// is passed over; one that cannot be inspected is a problem.
func (e *Engine) inspectAll(ctx context.Context, list []container.Summary) ([]container.InspectResponse, []string, error) {
	results := make([]*container.InspectResponse, len(list))
	failures := make([]string, len(list))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, summary := range list {
		group.Go(func() error {
			c, _, err := e.Inspect(groupCtx, summary.ID)
			switch {
			case err == nil:
				results[i] = &c
			case groupCtx.Err() != nil:
				return groupCtx.Err()
			case !errdefs.IsNotFound(err):
				failures[i] = fmt.Sprintf("%s could not be inspected, so nothing is known of it: %s. Try `docker inspect %s`.",
					inspect.Printable(summaryName(summary)), oneLine(err), inspect.Printable(shortID(summary.ID)))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	var seen []container.InspectResponse
	for _, c := range results {
		if c != nil {
			seen = append(seen, *c)
		}
	}
	return seen, slices.DeleteFunc(failures, func(s string) bool { return s == "" }), nil
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
// engine chose or that a range gave may differ.
func sameSettings(a, b inspect.Settings) bool {
	a, b = a.Clone(), b.Clone()
	for _, s := range []*inspect.Settings{&a, &b} {
		for i := range s.Ports {
			s.Ports[i].HostPort = 0
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
