package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/wire"
)

// Serve answers the requests of package wire until in ends: Watch.ID is the
// mark of the process to be traced. When that process ends, an answer with the
// observation is sent without being asked for, and the process waits for the
// next request.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	s := server{out: json.NewEncoder(out)}
	defer s.letGo()
	for requests := json.NewDecoder(in); ctx.Err() == nil; {
		var r wire.Request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading a request: %w", err)
		}
		if err := s.answer(ctx, r); err != nil {
			return fmt.Errorf("answering: %w", err)
		}
	}
	return ctx.Err()
}

type server struct {
	mu      sync.Mutex
	out     *json.Encoder
	tracer  *tracer
	release func()
}

func (s *server) send(a wire.Answer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Encode(a)
}

// letGo lets the traced process end.
func (s *server) letGo() {
	if s.release != nil {
		s.release()
	}
}

func (s *server) answer(ctx context.Context, r wire.Request) error {
	switch {
	case r.Watch != nil && s.tracer == nil:
		t, err := begin(ctx, r.Watch.ID, r.Phase)
		if err != nil {
			return s.send(problem(err))
		}
		s.tracer, s.release = t, sync.OnceFunc(func() { close(t.release) })
		if err := s.send(wire.Answer{}); err != nil {
			return err
		}
		go s.report(t)
		return nil
	case s.tracer == nil || r.Watch != nil:
		return s.send(problem(errors.New("the tracer traces one process, once")))
	case r.Stop:
		defer s.letGo()
		o := s.tracer.observation()
		return s.send(wire.Answer{Observation: &o})
	case r.Phase != "":
		s.tracer.mark(r.Phase)
		return s.send(wire.Answer{})
	}
	return s.send(problem(errors.New("a request asks for nothing")))
}

// report sends what was seen when the traced process ends.
func (s *server) report(t *tracer) {
	<-t.ended
	o := t.observation()
	if s.send(wire.Answer{Observation: &o}) != nil {
		s.letGo() // nobody listens any more
	}
}

func problem(err error) wire.Answer {
	var refused *observe.RefusedError
	if errors.As(err, &refused) {
		return wire.Answer{Problem: &wire.Problem{Text: refused.Reason, Refused: true, Next: refused.Next}}
	}
	return wire.Answer{Problem: &wire.Problem{Text: err.Error()}}
}

// begin finds the process with the mark and traces it.
func begin(ctx context.Context, mark string, phase observe.Phase) (*tracer, error) {
	for end := time.Now().Add(Patience); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		if pid := marked(mark); pid != 0 {
			return follow(pid, phase)
		}
	}
	return nil, fmt.Errorf("no process in the container waits to be traced as %q", mark)
}

// marked finds the process that was started with the mark as an argument of
// Enter's; 0 where there is none.
func marked(mark string) int {
	names, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is sound
	for _, name := range names {
		line, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		args := bytes.Split(line, []byte{0})
		at := slices.IndexFunc(args, func(a []byte) bool { return string(a) == mark })
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil && at == len(EnterCommand)+1 {
			return pid
		}
	}
	return 0
}
