package clone

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/moby/moby/api/types/container"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// Runner runs copies of one container through their life, for trial.Search.
type Runner struct {
	Session   *Session
	Exercises []health.Exercise
	// Reload is the signal that tells the service to read its configuration
	// again ("HUP"), "" where it knows none.
	Reload string
	// Eye, where it is set, lets a person look at the copy after the exercises
	// and say what is wrong with it, "" for nothing. environment is what an
	// exercise gets.
	Eye func(ctx context.Context, step trial.Step, environment []string) (string, error)
	// Patience bounds how long a baseline may take to become ready.
	Patience time.Duration
	// Watchman has copies watched; nil for none.
	Watchman *Watchman
}

var _ trial.Runner = Runner{}

const (
	pollEvery = 100 * time.Millisecond
	// probeTimeout bounds one look's wait for each port.
	probeTimeout = 2 * time.Second
	// settle is how long a baseline must look the same to count as ready.
	settle = 1500 * time.Millisecond
	// mute is how long a baseline without a single listening port must stay up.
	mute = 4 * time.Second
	// hearOut is how long a trial whose log complains may go on, to hear the rest.
	hearOut = 700 * time.Millisecond
	// reloadSettle is how long nothing must be missing after a reload.
	reloadSettle = 500 * time.Millisecond
)

// The phases of a copy's life in which exercises are run, as they are told in
// BULKHEAD_PHASE: after the first start, and after the restart on what the
// first run left, where what was written must still be there.
const (
	phaseFirst   = "exercise"
	phaseRestart = "restart"
)

// Run is one copy's life: start, ready, exercise, reload, stop, start again on
// the filled volumes, ready again, exercise again.
//
// A run in which a companion was lost is done again, once.
func (r Runner) Run(ctx context.Context, step trial.Step, expect *health.Expectation, log func(string)) (health.Reading, error) {
	var lost *lostError
	for {
		again := lost != nil
		book := &logbook{redactor: inspect.NewRedactor(r.Session.original.Config.Env), live: log}
		reading, err := r.once(ctx, step, expect, book)
		switch {
		case !errors.As(err, &lost):
			return reading, err
		case again:
			return reading, r.Session.companionError(lost.of, err)
		}
	}
}

// life is one run under way.
type life struct {
	*copied
	runner  Runner
	step    trial.Step
	expect  *health.Expectation
	began   time.Time
	reading health.Reading
	// executed are the programs that the copy was seen to run, where that is
	// asked.
	executed []string
	// asked is how long the ports took to answer in the last look.
	asked time.Duration
	// whole says that the copy has lived all that it had to.
	whole bool
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
	if ready {
		l.watch.phase(ctx, observe.Ready)
	}
	if !ready {
		l.whole = health.IsJob(*r)
		return nil
	}
	l.watch.phase(ctx, observe.Exercise)
	if err := l.work(ctx); err != nil || r.Exercise != "" || r.Exited {
		return err
	}
	if l.expect != nil && l.expect.Killed {
		l.grace = time.Second // it does not heed the signal; waiting tells nothing
	}
	l.watch.phase(ctx, observe.Stop)
	if r.Code, r.StopAfter, r.Killed, err = l.stop(ctx); err != nil {
		return err
	}
	err = l.again(ctx)
	l.whole = err == nil
	return err
}

// studies says that the files of the step's copy are looked at, which keeps the
// engine busy: of two baselines side by side the watched one's, of which the
// watch leaves little to ask, and both where nothing is watched.
func (r Runner) studies(step trial.Step) bool {
	return step.Teaches() && (step.Watch || r.Watchman == nil)
}

// study asks the engine of the copy's files what the watch did not see: the
// engine takes long for each of them.
func (l *life) study(ctx context.Context, seen *observe.Observation) (err error) {
	if seen != nil && seen.Began && !seen.Misses(observe.FileCapabilities) {
		for _, f := range seen.FileCaps {
			l.reading.FileCapabilities |= f.Caps & inspect.AllCaps
		}
	} else if l.reading.FileCapabilities, err = l.fileCapabilities(ctx, l.executed); err != nil {
		return err
	}
	return l.readWrites(ctx)
}

// readWrites asks the engine what the copy wrote, unless all of it was seen: a
// storage driver may have to walk the whole filesystem for the answer. Whether
// what was written where no mount can be is still there only the engine knows.
func (l *life) readWrites(ctx context.Context) error {
	w := l.reading.Watched
	if w != nil && w.Whole && !slices.ContainsFunc(w.Writes, func(p string) bool { return slices.Contains(fixed, path.Dir(p)) }) {
		return nil
	}
	var err error
	l.reading.Written, err = l.written(ctx)
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
	if l.expect != nil && l.helper != nil {
		l.helper.last.Answers = l.expect.Answers // the protocols are known
	}
	return err
}

// again starts the copy a second time on what the first run left.
func (l *life) again(ctx context.Context) error {
	l.watch.phase(ctx, observe.Restart)
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
	failed := ""
	if ready && err == nil {
		failed, err = l.exerciseAgain(ctx)
	}
	second := l.reading
	l.reading = first
	l.reading.Restart = health.Restart{Tried: true, Ready: ready, Exercise: failed}
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
	if l.session.endedWell() {
		watch.job = patience / 2
	}
	l.began = began
	timeout := probeTimeout
	if l.expect != nil {
		timeout = l.expect.ProbeTimeout(probeTimeout)
	}
	var complained time.Time
	for {
		running, err := l.look(ctx, timeout)
		if err != nil || !running {
			return false, err
		}
		now := time.Now()
		switch {
		case l.expect != nil && l.expect.Job:
			// It is over when it ends, or when patience is.
		case l.expect != nil:
			if len(l.expect.Missing(l.reading)) == 0 && (l.hasSigns() || now.Sub(began) > l.expect.ReadyAfter) {
				l.reading.ReadyAfter = now.Sub(began)
				return true, nil
			}
			if complained.IsZero() && l.complains() {
				complained = now
			}
			if l.reading.Cut = !complained.IsZero() && now.Sub(complained) > hearOut; l.reading.Cut {
				return false, nil
			}
		case watch.settled(l.reading, l.asked, now):
			l.reading.ReadyAfter = watch.since.Sub(began)
			l.reading.AnsweredIn = watch.slowest
			l.reading.Identities = watch.steady
			return true, nil
		}
		if now.Sub(began) > patience {
			return false, nil
		}
		if err := wait(ctx, pollEvery); err != nil {
			return false, err
		}
	}
}

// complains says that the log holds a refusal that no baseline's held: such a
// trial has failed, and need not be waited for.
func (l *life) complains() bool {
	return len(l.expect.NewComplaints(health.Reading{Complaints: l.log.complained()})) > 0
}

// hasSigns says that the service shows more than being there, so that a trial
// of it need not wait to see whether it stays up.
func (l *life) hasSigns() bool { return l.expect.Healthcheck || len(l.expect.Answers) > 0 }

// look takes one sample into the reading, and waits for each port no longer than
// the time-out. It says whether the copy still runs.
func (l *life) look(ctx context.Context, timeout time.Duration) (bool, error) {
	st, err := l.state(ctx)
	if err != nil {
		return false, err
	}
	r := &l.reading
	r.Healthcheck = st.healthcheck
	if !st.running {
		l.ended(st)
		return false, nil
	}
	if l.helper != nil {
		began := time.Now()
		answers, err := l.helper.ask(timeout)
		l.asked = time.Since(began)
		if err != nil {
			if answers, err = l.askAnew(ctx, err); err != nil || l.reading.Exited {
				return false, err
			}
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

// askAnew finds out why the probe was lost: it goes when the copy's first
// process goes, which the engine tells a moment later; else the service killed
// all it could see, and another probe is started.
func (l *life) askAnew(ctx context.Context, lost error) ([]health.Answer, error) {
	for range 20 {
		st, err := l.state(ctx)
		if err != nil {
			return nil, errors.Join(lost, err)
		}
		if !st.running {
			l.ended(st)
			return nil, nil
		}
		if err := wait(ctx, pollEvery); err != nil {
			return nil, err
		}
	}
	l.removeHelper(ctx)
	h, err := l.startHelper(ctx)
	if err != nil {
		return nil, errors.Join(lost, err)
	}
	if h == nil { // the copy ended just now
		st, err := l.state(ctx)
		l.ended(st)
		return nil, err
	}
	l.helper = h
	return h.ask(probeTimeout)
}

// ended records that the copy ended by itself.
func (l *life) ended(st state) {
	l.reading.Exited, l.reading.Code, l.reading.EndedAfter = true, st.code, time.Since(l.began)
}

// calm tells when a baseline has become ready.
type calm struct {
	began, since time.Time
	ports        bool // the image says that it listens
	// job is how long something that may be a job is given to end.
	job  time.Duration
	last health.Reading
	// steady ran in every sample since then, and slowest is the longest that
	// answers took.
	steady  []health.Identity
	slowest time.Duration
}

// settled takes a sample, for which ports were asked that long; it is true when
// the service has looked the same for long enough.
func (c *calm) settled(r health.Reading, asked time.Duration, now time.Time) bool {
	same := !c.since.IsZero() && slices.Equal(c.last.Answers, r.Answers) && c.last.Healthcheck == r.Healthcheck
	if !same || r.Healthcheck == "starting" || r.Healthcheck == "unhealthy" {
		c.since = now
		c.steady, c.slowest = r.Identities, 0
	} else {
		c.slowest = max(c.slowest, asked)
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
		return quiet >= mute && now.Sub(c.began) >= c.job
	}
}

// endedWell says that the original ended with exit code 0: unless it turns out
// to listen, it may be a job.
func (s *Session) endedWell() bool {
	st := s.original.State
	return st != nil && !st.Running && st.Status == container.StateExited && st.ExitCode == 0
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
