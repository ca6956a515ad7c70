package clone

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// Runner runs copies of one container through their life, for trial.Search.
type Runner struct {
	Session   *Session
	Exercises []health.Exercise
	// Patience bounds how long a baseline may take to become ready.
	Patience time.Duration
}

var _ trial.Runner = Runner{}

const (
	pollEvery    = 100 * time.Millisecond
	probeTimeout = 2 * time.Second
	// settle is how long a baseline must look the same to count as ready.
	settle = 1500 * time.Millisecond
	// mute is how long a baseline without a single listening port must stay up.
	mute = 4 * time.Second
)

// Run is one copy's life: start, ready, exercise, stop, start again on the
// filled volumes, ready again.
func (r Runner) Run(ctx context.Context, step trial.Step, expect *health.Expectation, log func(string)) (health.Reading, error) {
	book := &logbook{redactor: inspect.NewRedactor(r.Session.original.Config.Env), live: log}
	c, err := r.Session.create(ctx, step.Plan, book)
	if err != nil {
		return health.Reading{}, err
	}
	life := &life{copied: c, runner: r, expect: expect}
	err = life.run(ctx)
	err = errors.Join(err, c.remove(ctx))
	life.reading.Log = book.lines()
	life.reading.Complaints = book.complained()
	return life.reading, err
}

// life is one run under way.
type life struct {
	*copied
	runner  Runner
	expect  *health.Expectation
	reading health.Reading
}

func (l *life) run(ctx context.Context) error {
	r := &l.reading
	began := time.Now()
	if err := l.begin(ctx); err != nil || r.StartError != "" {
		return err
	}
	ready, err := l.awaitReady(ctx, began)
	if err != nil {
		return err
	}
	r.Ready = ready
	if !ready {
		return nil
	}
	if err := l.exercise(ctx); err != nil || r.Exercise != "" || r.Exited {
		return err
	}
	if l.expect != nil && l.expect.Killed {
		l.grace = time.Second // it does not heed the signal; waiting tells nothing
	}
	if r.Code, r.StopAfter, r.Killed, err = l.stop(ctx); err != nil {
		return err
	}
	if err := l.again(ctx); err != nil {
		return err
	}
	if l.expect == nil {
		r.Written, err = l.written(ctx)
	}
	return err
}

// begin starts the copy; the engine's refusal is part of the reading.
func (l *life) begin(ctx context.Context) error {
	err := l.start(ctx)
	var refused *startError
	if errors.As(err, &refused) {
		l.reading.StartError = refused.Error()
		return nil
	}
	return err
}

// again starts the copy a second time on what the first run left.
func (l *life) again(ctx context.Context) error {
	first := l.reading
	l.reading = health.Reading{}
	if l.expect == nil {
		same := health.Expect(first)
		l.expect = &same
		defer func() { l.expect = nil }()
	}
	began := time.Now()
	err := l.begin(ctx)
	ready := false
	if err == nil && l.reading.StartError == "" {
		ready, err = l.awaitReady(ctx, began)
	}
	second := l.reading
	l.reading = first
	l.reading.Restart = health.Restart{Tried: true, Ready: ready}
	l.reading.Seen = health.Distinct(slices.Concat(first.Seen, second.Seen))
	if ready || err != nil {
		return err
	}
	switch {
	case second.StartError != "":
		l.reading.Restart.Missing = []string{"The container did not start: " + second.StartError}
	case second.Exited:
		l.reading.Restart.Missing = []string{fmt.Sprintf("The service ended by itself with exit code %d.", second.Code)}
	default:
		l.reading.Restart.Missing = l.expect.Missing(second)
	}
	return nil
}

// awaitReady looks at the copy until it is ready, ends, or patience is over. A
// trial is ready when nothing of the baseline is missing; a baseline when it
// has looked the same for a while.
func (l *life) awaitReady(ctx context.Context, began time.Time) (bool, error) {
	patience := l.runner.Patience
	if l.expect != nil {
		patience = l.expect.Patience()
	}
	watch := calm{began: began, ports: l.session.exposesTCP()}
	for {
		running, err := l.look(ctx)
		if err != nil || !running {
			return false, err
		}
		now := time.Now()
		if l.expect != nil {
			if len(l.expect.Missing(l.reading)) == 0 && (l.hasSigns() || now.Sub(began) > l.expect.ReadyAfter) {
				l.reading.ReadyAfter = now.Sub(began)
				return true, nil
			}
		} else if watch.settled(l.reading, now) {
			l.reading.ReadyAfter = watch.since.Sub(began)
			l.reading.Identities = watch.steady
			return true, nil
		}
		if now.Sub(began) > patience {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

// hasSigns says that the service shows more than being there, so that a trial
// of it need not wait to see whether it stays up.
func (l *life) hasSigns() bool { return l.expect.Healthcheck || len(l.expect.Answers) > 0 }

// look takes one sample into the reading. It says whether the copy still runs.
func (l *life) look(ctx context.Context) (bool, error) {
	st, err := l.state(ctx)
	if err != nil {
		return false, err
	}
	r := &l.reading
	r.Healthcheck = st.healthcheck
	if !st.running {
		r.Exited, r.Code = true, st.code
		return false, nil
	}
	if l.helper != nil {
		answers, err := l.helper.ask(probeTimeout)
		if err != nil {
			// The probe goes when the network namespace's owner goes.
			if st, stateErr := l.state(ctx); stateErr == nil && !st.running {
				r.Exited, r.Code = true, st.code
				return false, nil
			}
			return false, err
		}
		r.Answers = answers
	}
	now, err := l.identities(ctx)
	if err != nil {
		return false, err
	}
	r.Identities = now
	r.Seen = health.Distinct(slices.Concat(r.Seen, now))
	return true, nil
}

// calm tells when a baseline has become ready.
type calm struct {
	began, since time.Time
	ports        bool // the image says that it listens
	last         health.Reading
	// steady ran in every sample since then
	steady []health.Identity
}

// settled takes a sample; it is true when the service has looked the same for
// long enough.
func (c *calm) settled(r health.Reading, now time.Time) bool {
	same := !c.since.IsZero() && slices.Equal(c.last.Answers, r.Answers) && c.last.Healthcheck == r.Healthcheck
	if !same || r.Healthcheck == "starting" || r.Healthcheck == "unhealthy" {
		c.since = now
		c.steady = r.Identities
	}
	c.steady = common(c.steady, r.Identities)
	c.last = r
	for _, a := range r.Answers {
		if a.Kind == health.Refused {
			return false
		}
	}
	listening := slices.ContainsFunc(r.Answers, func(a health.Answer) bool { return a.Protocol == "tcp" })
	quiet := now.Sub(c.since)
	switch {
	case r.Healthcheck != "" && r.Healthcheck != "healthy":
		return false
	case r.Healthcheck == "healthy" || listening:
		return quiet >= settle
	case c.ports:
		// It is said to listen and does not yet; patience decides.
		return now.Sub(c.began) > 30*time.Second && quiet >= mute
	default:
		return quiet >= mute
	}
}

// exposesTCP says whether the image or the container declares a TCP port.
func (s *Session) exposesTCP() bool {
	for port := range s.spec.Config.ExposedPorts {
		if port.Proto() == "tcp" {
			return true
		}
	}
	return false
}

// exercise lets the service do its work, and samples it again afterwards: what
// a process must be to do so shows only now. Identities keeps what stayed.
func (l *life) exercise(ctx context.Context) error {
	st, err := l.state(ctx)
	if err != nil {
		return err
	}
	for _, e := range l.runner.Exercises {
		if err := e.Run(ctx, l.environment(st), l.log.redactor); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			l.reading.Exercise = err.Error()
			return nil
		}
	}
	before := l.reading.Identities
	if running, err := l.look(ctx); err != nil || !running {
		return err
	}
	l.reading.Identities = common(before, l.reading.Identities)
	return nil
}

// common returns what is in both.
func common(a, b []health.Identity) []health.Identity {
	return slices.DeleteFunc(slices.Clone(a), func(i health.Identity) bool { return !slices.Contains(b, i) })
}

// environment is what an exercise is told of the copy.
func (l *life) environment(st state) []string {
	env := append(os.Environ(), "BULKHEAD_CONTAINER="+l.name)
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
