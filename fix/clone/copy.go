package clone

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// copied is one copy, from create to remove: of the subject, with the copies of
// its companions, or of one of these.
type copied struct {
	session *Session
	of      *pattern
	id      string
	name    string
	network string // lent to the set, and given back with the subject's copy
	volumes []string
	grace   time.Duration
	log     *logbook
	helper  *helper // beside the current start, or nil
	probe   probing
	// joins is the copy whose network this one lives in, or nil.
	joins      *copied
	companions []*copied
	// watch is nil where nobody watches the copy.
	watch *underWatch
}

// create makes a copy for the step with its network, volumes and data, not
// yet started, beside companions that have started; watch is who watches it, or
// nil. What it made is removed again when it fails.
func (s *Session) create(ctx context.Context, step trial.Step, log *logbook, watch *underWatch) (c *copied, err error) {
	if err := s.heeded(step.Plan); err != nil {
		return nil, err
	}
	c = s.copyOf(s.pattern, s.resourceName("copy", s.next()), log)
	c.watch = watch
	defer func() {
		if err != nil {
			err = errors.Join(err, c.remove(ctx))
		}
	}()
	set := &set{session: s, copies: map[*pattern]*copied{}, volumes: map[string]string{}}
	if c.network, err = s.networkFor(ctx); err != nil {
		return c, err
	}
	set.network = c.network
	for i, p := range s.companions {
		companion := s.copyOf(p, fmt.Sprintf("%s-with%d", c.name, i+1), &logbook{})
		companion.network = c.network
		c.companions = append(c.companions, companion)
		if err := set.make(ctx, companion, p.spec); err != nil {
			return c, s.companionError(p, err)
		}
		set.copies[p] = companion
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return set.start(groupCtx, c.companions) })
	group.Go(func() error { return set.make(groupCtx, c, s.spec.under(step)) })
	return c, group.Wait()
}

func (s *Session) copyOf(p *pattern, name string, log *logbook) *copied {
	return &copied{session: s, of: p, name: name, log: log, grace: min(grace(p.spec.Config), s.opt.patience())}
}

// networkFor lends a network, "" where neither the subject nor a companion has
// one.
func (s *Session) networkFor(ctx context.Context) (string, error) {
	for _, p := range s.patterns() {
		if !p.spec.HostConfig.NetworkMode.IsNone() {
			return s.borrow(ctx)
		}
	}
	return "", nil
}

// start starts the copy, with a fresh connection to its output and a fresh
// probe beside it. The engine's refusal to start it is a *startError.
func (c *copied) start(ctx context.Context) error {
	if err := c.log.follow(ctx, c.session.api, c.id, c.session.spec.Config.Tty); err != nil {
		return err
	}
	var making errgroup.Group
	making.Go(func() error { return c.makeHelper(ctx) })
	_, err := c.session.api.ContainerStart(ctx, c.id, client.ContainerStartOptions{})
	made := making.Wait()
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &startError{err}
	case made != nil || c.session.opt.HelperImage == "":
		return made
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
	ended       bool // it ran, and is not started again
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
	if c.joins != nil {
		owner, err := c.joins.state(ctx)
		if err != nil {
			return state{}, err
		}
		st.address, st.ports = owner.address, owner.ports
	}
	if r.State != nil {
		st.running, st.code = r.State.Running, r.State.ExitCode
		st.ended = r.State.Status == container.StateExited || r.State.Status == container.StateDead
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

// identities are who the copy's processes run as: what the probe saw when it
// was last asked, else what the engine lists, whose numbers are those of its
// host.
func (c *copied) identities(ctx context.Context) ([]health.Identity, error) {
	if c.helper != nil {
		return c.watch.foreign(health.Identities(c.helper.last.Processes)), nil
	}
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
	return c.watch.foreign(health.Distinct(out)), nil
}

// stop asks the copy to end and says how that went.
func (c *copied) stop(ctx context.Context) (code int, took time.Duration, killed bool, err error) {
	seconds := int(c.grace / time.Second)
	if c.helper != nil {
		c.helper.leave()
	}
	began := time.Now()
	if _, err := c.session.api.ContainerStop(ctx, c.id, client.ContainerStopOptions{Timeout: &seconds}); err != nil {
		return 0, 0, false, fmt.Errorf("stopping the copy: %w", err)
	}
	took = time.Since(began)
	c.closeHelper()
	st, err := c.state(ctx)
	return st.code, took, st.code == 137 && took >= c.grace, err
}

// grace is how long the service is given to stop: its own setting, else the
// engine's default of 10 seconds. A negative setting means without end.
func grace(config container.Config) time.Duration {
	switch {
	case config.StopTimeout == nil:
		return 10 * time.Second
	case *config.StopTimeout < 0:
		return math.MaxInt64
	}
	return time.Duration(*config.StopTimeout) * time.Second
}

// graceNote says that a copy is not waited for as long as its original would
// be, "" where it is.
func (s *Session) graceNote() string {
	own, patience := grace(s.spec.Config), s.opt.patience()
	switch {
	case own <= patience:
		return ""
	case own == math.MaxInt64:
		return fmt.Sprintf("It may take as long as it likes to stop; a copy is killed after %s.", patience)
	}
	return fmt.Sprintf("It is given %s to stop; a copy is killed after %s.", own, patience)
}

// remove takes away the copy with everything it had, also after ctx has ended.
func (c *copied) remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	all := append([]*copied{c}, c.companions...)
	problems := make([]error, len(all))
	var removing sync.WaitGroup
	for i, one := range all {
		removing.Go(func() { problems[i] = one.removeContainer(ctx) })
		removing.Go(func() { one.removeHelper(ctx) })
	}
	removing.Wait()
	if errors.Join(problems...) != nil {
		c.log.cut()
	}
	c.log.wait()
	for _, one := range all {
		problems = append(problems, c.session.removeVolumes(ctx, one.volumes))
	}
	err := errors.Join(problems...)
	if c.network != "" && err == nil {
		c.session.giveBack(c.network)
	}
	return err
}

func (c *copied) removeContainer(ctx context.Context) error {
	if c.id == "" {
		return nil
	}
	_, err := c.session.api.ContainerRemove(ctx, c.id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("removing the copy %s: %w", c.name, err)
	}
	return nil
}

func (s *Session) removeVolumes(ctx context.Context, names []string) error {
	var problems []error
	for _, v := range names {
		_, err := s.api.VolumeRemove(ctx, v, client.VolumeRemoveOptions{Force: true})
		if err != nil && !errdefs.IsNotFound(err) {
			problems = append(problems, fmt.Errorf("removing the volume %s: %w", v, err))
		}
	}
	return errors.Join(problems...)
}
