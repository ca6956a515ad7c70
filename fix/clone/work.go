package clone

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"bulkhead/fix/health"
)

// work lets the service do what it is there for, from ready to just before it
// is stopped.
func (l *life) work(ctx context.Context) error {
	r := &l.reading
	if err := l.exercise(ctx); err != nil || r.Exercise != "" || r.Exited {
		return err
	}
	if err := l.reload(ctx); err != nil || r.Exited {
		return err
	}
	if !l.step.Teaches() {
		return nil
	}
	if l.runner.studies(l.step) {
		l.executed = l.executables(ctx)
	}
	if l.runner.Watchman.watches() {
		return nil // the peaks are the watch's, and the engine takes up to a second to tell
	}
	var err error
	r.Peak, err = l.peak(ctx)
	return err
}

// exercise lets the service do its work, and samples it again afterwards: what
// a process must be to do so shows only now. Identities keeps what stayed.
func (l *life) exercise(ctx context.Context) error {
	st, err := l.state(ctx)
	if err != nil {
		return err
	}
	environment := l.environment(st, phaseFirst)
	if l.reading.Exercise, err = l.exercises(ctx, environment); err != nil || l.reading.Exercise != "" {
		return err
	}
	if l.runner.Eye != nil {
		if l.reading.Exercise, err = l.runner.Eye(ctx, l.step, environment); err != nil || l.reading.Exercise != "" {
			return err
		}
	}
	before := l.reading.Identities
	if running, err := l.look(ctx, probeTimeout); err != nil || !running {
		return err
	}
	l.reading.Identities = common(before, l.reading.Identities)
	return nil
}

// exercises runs them one after the other and says what the first that failed
// said.
func (l *life) exercises(ctx context.Context, environment []string) (failed string, err error) {
	for _, e := range l.runner.Exercises {
		if err := e.Run(ctx, environment, l.log.redactor); err != nil {
			return err.Error(), ctx.Err()
		}
	}
	return "", nil
}

// exerciseAgain runs the exercises after the restart.
func (l *life) exerciseAgain(ctx context.Context) (failed string, err error) {
	if len(l.runner.Exercises) == 0 {
		return "", nil
	}
	st, err := l.state(ctx)
	if err != nil {
		return "", err
	}
	return l.exercises(ctx, l.environment(st, phaseRestart))
}

// reload tells the service to read its configuration again, and waits until it
// is as it was.
func (l *life) reload(ctx context.Context) error {
	if l.runner.Reload == "" {
		return nil
	}
	before, running := l.reading, l.processes()
	expect := l.expect
	if expect == nil {
		same := health.Expect(before)
		expect = &same
	}
	if _, err := l.session.api.ContainerKill(ctx, l.id, client.ContainerKillOptions{Signal: l.runner.Reload}); err != nil {
		return fmt.Errorf("telling the copy to reload: %w", err)
	}
	undone, err := l.awaitReload(ctx, running)
	if err != nil {
		return err
	}
	missing, err := l.steadyAgain(ctx, expect, running)
	missing = append(missing, undone...)
	after := l.reading
	l.reading.Identities, l.reading.Answers = before.Identities, before.Answers
	switch {
	case err != nil:
		return err
	case after.Exited:
		l.reading.Reload = []string{fmt.Sprintf("The service ended with exit code %d.", after.Code)}
	default:
		l.reading.Reload = missing
	}
	return nil
}

// processes are those that the probe saw when it was last asked; none where
// there is no probe.
func (l *life) processes() []health.Process {
	if l.helper == nil {
		return nil
	}
	return l.helper.last.Processes
}

// awaitReload waits until the processes of a trial are replaced as they were in
// the baselines, and says what is not. No port is asked meanwhile: an old worker
// of httpd that nobody could end leaves by itself after its next request.
func (l *life) awaitReload(ctx context.Context, before []health.Process) ([]string, error) {
	if l.expect == nil || l.helper == nil {
		return nil, nil
	}
	for began := time.Now(); ; {
		now, err := l.helper.processes()
		if err != nil {
			return nil, ctx.Err() // it went with the copy, which is seen next
		}
		undone := l.expect.NotReloaded(health.Since(before, now))
		if len(undone) == 0 || time.Since(began) > l.expect.ReloadPatience() {
			return undone, nil
		}
		if err := wait(ctx, pollEvery); err != nil {
			return nil, err
		}
	}
}

// steadyAgain looks until nothing of what is expected has been missing for a
// while, or patience is over, and returns what is missing then. What a reload
// does a baseline has to show, so it is given time.
func (l *life) steadyAgain(ctx context.Context, expect *health.Expectation, before []health.Process) ([]string, error) {
	began := time.Now()
	var since time.Time
	for {
		now := time.Now() // the processes are read first, and ports may take long
		running, err := l.look(ctx, probeTimeout)
		if err != nil || !running {
			return nil, err
		}
		last := l.reading.Reloaded
		l.reading.Reloaded = health.Since(before, l.processes())
		missing := expect.Missing(l.reading)
		if len(missing) > 0 || !last.Same(l.reading.Reloaded) {
			since = time.Time{}
		} else if since.IsZero() {
			since = now
		}
		switch {
		case !since.IsZero() && now.Sub(since) > l.reloadCalm():
			l.reading.Reloaded.After = since.Sub(began)
			return missing, nil
		case now.Sub(began) > expect.ReloadPatience():
			if l.expect == nil {
				l.reading.Reloaded = health.Reloaded{} // what comes and goes is nobody's to repeat
			}
			return missing, nil
		}
		if err := wait(ctx, pollEvery); err != nil {
			return nil, err
		}
	}
}

// reloadCalm is for how long nothing must change after a reload. A baseline in
// which nothing has changed yet may be slow to begin.
func (l *life) reloadCalm() time.Duration {
	switch {
	case l.expect != nil:
		return reloadSettle
	case l.reading.Reloaded.Same(health.Reloaded{}):
		return max(mute, l.reading.ReadyAfter)
	}
	return settle
}

// common returns what is in both.
func common(a, b []health.Identity) []health.Identity {
	return slices.DeleteFunc(slices.Clone(a), func(i health.Identity) bool { return !slices.Contains(b, i) })
}

// environment is what an exercise is told of the copy.
func (l *life) environment(st state, phase string) []string {
	env := append(os.Environ(), "BULKHEAD_CONTAINER="+l.name, "BULKHEAD_PHASE="+phase)
	address := st.address
	if l.session.opt.Isolation == Published {
		address = loopback.String()
	}
	env = append(env, "BULKHEAD_ADDRESS="+address)
	for port := range l.session.spec.Config.ExposedPorts {
		outside := port.Num()
		if l.session.opt.Isolation == Published {
			outside = st.ports[port.Num()]
		}
		env = append(env, fmt.Sprintf("BULKHEAD_PORT_%d=%d", port.Num(), outside))
	}
	for _, a := range l.reading.Answers {
		key := fmt.Sprintf("BULKHEAD_PORT_%d=", a.Port)
		if !slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, key) }) {
			env = append(env, fmt.Sprintf("%s%d", key, a.Port))
		}
	}
	return env
}
