package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"bulkhead/inspect"
	"bulkhead/inspect/engine/proc"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"golang.org/x/sync/errgroup"
)

// reading is one walk over containers.
type reading struct {
	engine *Engine
	peers  peers
	images *images
	// scan looks at the processes of this machine, once.
	scan func() (*proc.Scan, error)
	emit func(inspect.Workload)

	mu       sync.Mutex
	problems []string
}

// gathering collects the containers of one workload; the last one completes it.
type gathering struct {
	left int
	seen []replicaRead
	// swarm is the service whose tasks the containers are, or nil.
	swarm *inspect.Workload
}

// read inspects the wanted containers and hands over the workloads they make;
// all are the containers whose names may be needed. A container that does not
// answer in time, or is gone, holds nothing up but its own workload.
func (e *Engine) read(ctx context.Context, wanted, all []container.Summary, services map[string]*inspect.Workload,
	emit func(inspect.Workload)) ([]string, error) {
	r := &reading{engine: e, peers: peersOf(all), images: newImages(e), emit: emit}
	r.scan = sync.OnceValues(func() (*proc.Scan, error) { return e.proc.Scan(ctx, ids(wanted)) })
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	gatherings, rest := gather(wanted, services)
	for _, w := range rest {
		group.Go(func() error { return r.complete(groupCtx, &gathering{swarm: w}) })
	}
	for i, summary := range wanted {
		group.Go(func() error { return r.one(groupCtx, summary, gatherings[i]) })
	}
	err := group.Wait()
	return r.problems, err
}

func ids(list []container.Summary) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.ID)
	}
	return out
}

// gather says for each container which workload it belongs to, and which swarm
// services have no container here.
func gather(wanted []container.Summary, services map[string]*inspect.Workload) ([]*gathering, []*inspect.Workload) {
	byName := map[string]*gathering{}
	out := make([]*gathering, len(wanted))
	for i, s := range wanted {
		key := "container " + s.ID
		if of, ok := composeService(s.Labels); ok {
			key = "compose " + of.String()
		}
		task := services[s.Labels[labelSwarmService]]
		if task != nil {
			key = "swarm " + s.Labels[labelSwarmService]
		}
		if byName[key] == nil {
			byName[key] = &gathering{swarm: task}
		}
		byName[key].left++
		out[i] = byName[key]
	}
	var rest []*inspect.Workload
	for id, w := range services {
		if byName["swarm "+id] == nil {
			rest = append(rest, w)
		}
	}
	return out, rest
}

// one reads a container and completes its workload where it was the last.
func (r *reading) one(ctx context.Context, s container.Summary, g *gathering) error {
	w, problems, err := r.container(ctx, s)
	if err != nil {
		return err
	}
	r.mu.Lock()
	if w != nil {
		g.seen = append(g.seen, replicaRead{*w, replica(s.Labels)})
	}
	r.note(problems...)
	g.left--
	last := g.left == 0
	r.mu.Unlock()
	if !last {
		return nil
	}
	return r.complete(ctx, g)
}

// note keeps a problem, once where containers share it; the caller holds the
// lock.
func (r *reading) note(problems ...string) {
	for _, p := range problems {
		if p != "" && !slices.Contains(r.problems, p) {
			r.problems = append(r.problems, p)
		}
	}
}

// complete hands over what the gathered containers make.
func (r *reading) complete(ctx context.Context, g *gathering) error {
	var w inspect.Workload
	var problems []string
	switch {
	case g.swarm != nil:
		w = joinTasks(*g.swarm, g.seen)
		if len(g.seen) == 0 {
			imageDefaults(&w, r.images.get(ctx, w.Image))
		}
	case len(g.seen) == 0:
		return ctx.Err()
	default:
		w, problems = join(g.seen)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.note(problems...)
	r.emit(w)
	return nil
}

// container reads one container with its image and its processes. One that is
// gone by now is neither a workload nor a problem.
func (r *reading) container(ctx context.Context, s container.Summary) (*inspect.Workload, []string, error) {
	bounded, cancel := context.WithTimeout(ctx, r.engine.patience)
	defer cancel()
	c, _, err := r.engine.Inspect(bounded, s.ID)
	name := inspect.Printable(summaryName(s))
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case errdefs.IsNotFound(err):
		return nil, nil, nil
	case errors.Is(bounded.Err(), context.DeadlineExceeded):
		return nil, []string{fmt.Sprintf("%s did not answer within %s, so nothing is known of it. The engine may be stuck on it: try `docker inspect %s`.",
			name, r.engine.patience, inspect.Printable(shortID(s.ID)))}, nil
	default:
		return nil, []string{fmt.Sprintf("%s could not be inspected, so nothing is known of it: %s. Try `docker inspect %s`.",
			name, oneLine(err), inspect.Printable(shortID(s.ID)))}, nil
	}
	w := r.engine.ToWorkload(c)
	lost := r.engine.follow(bounded, &w)
	r.peers.name(&w)
	image := r.images.get(ctx, w.ImageID)
	w.ImageFacts = image.facts
	if c.Config != nil {
		w.LabelNames, w.SecretLabels = inspect.OwnLabels(c.Config.Labels, image.labels)
		w.Declared, w.Unresolved = declared(c.Config, image)
	}
	w.Processes, w.ProcessesUnknown = r.processes(c)
	return &w, []string{lost, image.problem(w.Image)}, ctx.Err()
}

// processes are the container's, or the reason why they are not known.
func (r *reading) processes(c container.InspectResponse) ([]inspect.Process, string) {
	switch host := r.engine.Host; {
	case c.State == nil || !c.State.Running || c.State.Pid == 0:
		return nil, "it is not running"
	case !host.Local:
		return nil, r.engine.notHere()
	}
	scan, err := r.scan()
	if err != nil {
		return nil, "the processes of this machine could not be listed: " + oneLine(err)
	}
	main := proc.Container{ID: c.ID, Main: c.State.Pid, Execs: len(c.ExecIDs) > 0}
	main.SharedPID = c.HostConfig != nil && c.HostConfig.PidMode != ""
	return scan.Processes(main)
}

// notHere says in a clause why the engine's machine cannot be seen.
func (e *Engine) notHere() string {
	switch scheme := e.at.scheme(); scheme {
	case "ssh", "tcp", "http", "https":
		return fmt.Sprintf("the engine is remote (%s)", scheme)
	}
	return "the engine's containers do not run on this machine's kernel (a virtual machine, or a forwarded socket)"
}
