package lab

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bulkhead/inspect"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// How long a service may take to come up, how often it is looked at, and how
// long one without a healthcheck has to run to count as running.
const (
	upPatience = 30 * time.Second
	lookEvery  = 200 * time.Millisecond
	settled    = time.Second
)

// waitForAll waits until every service runs.
func (u *upping) waitForAll(ctx context.Context) error {
	u.say("Waiting until everything runs")
	for _, name := range slices.Sorted(maps.Keys(u.project.Services)) {
		if err := u.waitFor(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// waitFor waits until a service runs, and is healthy where it says what that
// means. The error is a *ServiceError where it does not come to that.
func (u *upping) waitFor(ctx context.Context, service string) error {
	bounded, cancel := context.WithTimeout(ctx, upPatience)
	defer cancel()
	seen := time.Now()
	var restarts int
	for first := true; ; first = false {
		found, err := u.API.ContainerInspect(ctx, u.ids[service], client.ContainerInspectOptions{})
		if err != nil {
			return fmt.Errorf("looking at service %s: %w", service, err)
		}
		c := found.Container
		if first {
			restarts = c.RestartCount
		}
		state := judge(c, restarts, time.Since(seen))
		switch {
		case state == up:
			return nil
		case state != pending:
			return u.serviceError(ctx, service, c, state)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-bounded.Done():
			return u.serviceError(ctx, service, c, fmt.Sprintf("is not healthy after %v", upPatience))
		case <-time.After(lookEvery):
		}
	}
}

// What judge says besides the words for a failure.
const (
	up      = "up"
	pending = ""
)

// judge says what became of a container: up, pending, or how it failed. seen is
// how long it has been watched, restarts how often it had been restarted before.
func judge(c container.InspectResponse, restarts int, seen time.Duration) string {
	s := c.State
	switch {
	case s.Restarting || c.RestartCount > restarts:
		return fmt.Sprintf("keeps restarting (exit code %d)", s.ExitCode)
	case s.Status == container.StateExited && s.ExitCode == 0:
		// One that only does a piece of work has done it.
		return up
	case s.Status == container.StateExited || s.Status == container.StateDead:
		return fmt.Sprintf("exited with code %d", s.ExitCode)
	case !s.Running:
		return pending
	case s.Health == nil || s.Health.Status == container.NoHealthcheck:
		if seen >= settled {
			return up
		}
		return pending
	case s.Health.Status == container.Healthy:
		return up
	case s.Health.Status == container.Unhealthy:
		return "runs, but its healthcheck fails"
	}
	return pending
}

// logTail is how many lines of a log an error carries.
const logTail = 5

// serviceError makes the error, with the end of the log.
func (u *upping) serviceError(ctx context.Context, service string, c container.InspectResponse, state string) error {
	e := &ServiceError{Service: service, State: state}
	var err error
	if e.Log, err = lastLines(ctx, u.API, c); err != nil {
		e.Log = []string{inspect.Printable("the log cannot be read: " + err.Error())}
	}
	return e
}

// lastLines reads the end of a container's log, printable and without secrets.
func lastLines(ctx context.Context, api client.APIClient, c container.InspectResponse) ([]string, error) {
	stream, err := api.ContainerLogs(ctx, c.ID, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: fmt.Sprint(logTail)})
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	var text bytes.Buffer
	if c.Config.Tty {
		_, err = text.ReadFrom(stream)
	} else {
		_, err = stdcopy.StdCopy(&text, &text, stream)
	}
	if err != nil {
		return nil, err
	}
	redactor := inspect.NewRedactor(c.Config.Env)
	var lines []string
	for line := range strings.Lines(text.String()) {
		lines = append(lines, inspect.Truncate(inspect.Printable(redactor.Redact(strings.TrimRight(line, "\r\n"))), 200))
	}
	return lines, nil
}
