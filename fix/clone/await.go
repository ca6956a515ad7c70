package clone

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// start starts the companions one after another, each when what it needs is as
// far as it has to be, and returns when the subject may start. A companion that
// is healthy or listens today is waited for even where nobody asks for it: what
// is restarted today until its database answers is not restarted in a trial.
func (s *set) start(ctx context.Context, companions []*copied) error {
	for _, c := range companions {
		if err := s.await(ctx, c.of); err != nil {
			return err
		}
		if _, err := c.session.api.ContainerStart(ctx, c.id, client.ContainerStartOptions{}); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return c.session.companionError(c.of, &startError{err})
		}
	}
	if err := s.await(ctx, s.session.pattern); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range companions {
		group.Go(func() error { return c.settle(ctx) })
	}
	return group.Wait()
}

// settle waits until the companion is as far as its original is today.
func (c *copied) settle(ctx context.Context) error {
	was := c.of.original.State
	switch {
	case was == nil || !was.Running:
		return nil
	case was.Health != nil && was.Health.Status == container.Healthy:
		return c.reach(ctx, Healthy)
	case was.Health == nil && c.session.opt.HelperImage != "" && c.of.exposesTCP():
		return c.listen(ctx)
	}
	return nil
}

// longestSilence bounds the wait for a companion that says it listens and
// perhaps does not.
const longestSilence = 30 * time.Second

// listen waits until something listens in the companion, or until it has been
// silent for too long, which the copies after this one do not wait for again.
func (c *copied) listen(ctx context.Context) error {
	if c.of.silent.Load() {
		return nil
	}
	h, err := c.startHelper(ctx)
	if err != nil || h == nil {
		return err
	}
	c.helper = h
	defer c.removeHelper(context.WithoutCancel(ctx))
	for began := time.Now(); time.Since(began) < longestSilence; {
		answers, err := h.ask(probeTimeout)
		if err != nil {
			return ctx.Err() // the probe ends with the companion, which reach and the trial see
		}
		if slices.ContainsFunc(answers, func(a health.Answer) bool { return a.Protocol == "tcp" && a.Kind != health.Refused }) {
			return nil
		}
		if err := wait(ctx, pollEvery); err != nil {
			return err
		}
	}
	c.of.silent.Store(true)
	return nil
}

// await waits until all that the pattern's own needs is as far as it has to be.
func (s *set) await(ctx context.Context, p *pattern) error {
	for _, t := range p.ties {
		if c := s.copies[t.to]; c != nil {
			if err := c.reach(ctx, t.condition); err != nil {
				return err
			}
		}
	}
	return nil
}

// reach waits until the condition is true of the companion. The error is a
// *CompanionError where it cannot become true, or not in time.
func (c *copied) reach(ctx context.Context, condition Condition) error {
	patience := c.session.opt.patience()
	for began := time.Now(); ; {
		st, err := c.state(ctx)
		if err != nil {
			return err
		}
		done, problem := c.progress(st, condition)
		switch {
		case done:
			return nil
		case problem == "" && time.Since(began) > patience:
			problem = fmt.Sprintf("did not reach %s within %s", condition, patience)
		}
		if problem != "" {
			return c.failed(ctx, problem)
		}
		if err := wait(ctx, pollEvery); err != nil {
			return err
		}
	}
}

// progress says whether the condition is true, or what keeps it from becoming
// true. A service without a healthcheck is as healthy as it gets.
func (c *copied) progress(st state, condition Condition) (done bool, problem string) {
	if st.ended && (st.code != 0 || condition == Healthy) {
		if was := c.of.original.State; condition == Started && was != nil && !was.Running && was.ExitCode == st.code {
			return true, "" // as it is today
		}
		return false, fmt.Sprintf("ended with exit code %d", st.code)
	}
	switch condition {
	case Completed:
		return st.ended, ""
	case Healthy:
		return st.healthcheck == "healthy" || st.running && st.healthcheck == "", ""
	default:
		return st.running || st.ended, ""
	}
}

// failed says what is wrong with a companion, with the end of its log.
func (c *copied) failed(ctx context.Context, problem string) error {
	return &CompanionError{
		Name: c.session.called, Companion: c.of.called, Problem: problem, Log: c.lastLines(ctx, 5),
		Next: fmt.Sprintf("Look at how %s itself does. If it only starts with the data that it has, let the volumes be copied; if it takes longer, allow more time.", c.of.called),
	}
}

// companionError says that a copy of the companion could not be made.
func (s *Session) companionError(p *pattern, err error) error {
	return &CompanionError{
		Name: s.called, Companion: p.called, Err: err, Problem: "could not be cloned with it: " + inspect.Printable(err.Error()),
		Next: hint(err, fmt.Sprintf("Try %s by itself first.", p.called)),
	}
}

// lastLines are the last lines of a companion's log; none where they cannot be
// had, because they only illustrate another error.
func (c *copied) lastLines(ctx context.Context, n int) []string {
	stream, err := c.session.api.ContainerLogs(ctx, c.id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: fmt.Sprint(n)})
	if err != nil {
		return nil
	}
	defer stream.Close()
	var text strings.Builder
	if c.of.spec.Config.Tty {
		_, _ = io.Copy(&text, io.LimitReader(stream, 64<<10))
	} else {
		_, _ = stdcopy.StdCopy(&text, &text, io.LimitReader(stream, 64<<10))
	}
	redactor := inspect.NewRedactor(c.of.original.Config.Env)
	var lines []string
	for line := range strings.Lines(text.String()) {
		lines = append(lines, inspect.Truncate(inspect.Printable(redactor.Redact(strings.TrimSpace(line))), 200))
	}
	return lines
}
