package trace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/watch"
	"bulkhead/inspect/observe/wire"
)

// session is a tracer at work, from one start of the container to its end.
type session struct {
	stream client.HijackedResponse
	// answers is closed when the tracer is gone.
	answers chan wire.Answer
	said    *watch.Tail
	// last is what the tracer sent when the container ended.
	last *observe.Observation
}

// patience bounds one answer.
const patience = time.Minute

// join starts a tracer in the container that has just been started. Where the
// engine does not give it all capabilities, it gets what the container has.
func join(ctx context.Context, api *client.Client, id, user, mark string, phase observe.Phase) (*session, error) {
	var failed error
	for _, as := range []client.ExecCreateOptions{{User: "0:0", Privileged: true}, {User: user}} {
		s, err := enter(ctx, api, id, as)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		a, err := s.ask(wire.Request{Watch: &wire.Watch{ID: mark}, Phase: phase})
		if err == nil && a.Problem == nil {
			return s, nil
		}
		s.stream.Close()
		if err == nil {
			// Tracing was refused: with less it will be too.
			return nil, a.Err()
		}
		failed = errors.Join(failed, err)
	}
	return nil, fmt.Errorf("starting the tracer: %w", failed)
}

// enter runs the tracer in the container and listens to it.
func enter(ctx context.Context, api *client.Client, id string, as client.ExecCreateOptions) (*session, error) {
	as.AttachStdin, as.AttachStdout, as.AttachStderr, as.WorkingDir = true, true, true, "/"
	// Few threads and little memory: they count as the container's.
	as.Env = []string{"GOMAXPROCS=2", "GOMEMLIMIT=64MiB"}
	as.Cmd = append([]string{program}, ServeCommand...)
	created, err := api.ExecCreate(ctx, id, as)
	if err != nil {
		return nil, err
	}
	attached, err := api.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return nil, err
	}
	s := &session{stream: attached.HijackedResponse, answers: make(chan wire.Answer, 2), said: &watch.Tail{}}
	out, in := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(in, s.said, s.stream.Reader)
		in.CloseWithError(err)
	}()
	go s.listen(out)
	return s, nil
}

// listen takes answers until the tracer is gone.
func (s *session) listen(out *io.PipeReader) {
	defer close(s.answers)
	defer out.Close()
	for answers := json.NewDecoder(out); ; {
		var a wire.Answer
		if answers.Decode(&a) != nil {
			return
		}
		s.answers <- a
	}
}

// ask sends a request and waits for its answer. What the tracer sends because
// the container ends may come first, and is kept.
func (s *session) ask(r wire.Request) (wire.Answer, error) {
	if err := json.NewEncoder(s.stream.Conn).Encode(r); err != nil {
		return wire.Answer{}, s.gone(err)
	}
	late := time.After(patience)
	for {
		select {
		case a, ok := <-s.answers:
			switch {
			case !ok:
				return wire.Answer{}, s.gone(io.ErrUnexpectedEOF)
			case a.Observation != nil && !r.Stop:
				s.last = a.Observation
			default:
				return a, a.Err()
			}
		case <-late:
			return wire.Answer{}, s.gone(context.DeadlineExceeded)
		}
	}
}

// end lets the container end and hangs up.
func (s *session) end() {
	// The tracer may be gone with the container.
	_ = json.NewEncoder(s.stream.Conn).Encode(wire.Request{Stop: true})
	late := time.After(patience)
	for {
		select {
		case a, ok := <-s.answers:
			if ok && a.Observation == nil {
				continue
			}
		case <-late:
		}
		s.stream.Close()
		for range s.answers {
		}
		return
	}
}

func (s *session) gone(err error) error {
	if said := s.said.String(); said != "" {
		return fmt.Errorf("the tracer does not answer: %w; it said %q", err, inspect.Printable(said))
	}
	return fmt.Errorf("the tracer does not answer: %w", err)
}
