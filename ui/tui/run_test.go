package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/tui/tuitest"
	"bulkhead/ui/workbench"
)

// screen is a terminal that is only written to; it may be read while it is.
type screen struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// start runs the whole program on a pipe and returns how to type and how it
// ended.
func start(t *testing.T, ctx context.Context, b backend) (keys io.Writer, out *screen, ended chan error) {
	t.Helper()
	in, typed := io.Pipe()
	t.Cleanup(func() { typed.Close() })
	out, ended = &screen{}, make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{
			Auditor: b, Trier: b, Writer: b, Target: "web", Theme: ThemeDark, In: in, Out: out,
			Environment: []string{"TERM=xterm-256color"},
		})
	}()
	return typed, out, ended
}

type backend interface {
	Auditor
	Trier
	Writer
}

// held is a backend whose trial goes on until it is stopped, and then takes a
// moment to clean up.
type held struct {
	*tuitest.Backend
	began, cleaned chan struct{}
}

func (h held) Lead(ctx context.Context, _ inspect.Workload, _ workbench.TrialOptions, _ func(trial.Event),
	_ func(context.Context, *trial.Search) (trial.Result, error)) (trial.Result, error) {
	close(h.began)
	<-ctx.Done()
	time.Sleep(30 * time.Millisecond)
	close(h.cleaned)
	return trial.Result{}, ctx.Err()
}

func TestStartsAndQuits(t *testing.T) {
	looked := make(chan struct{})
	keys, out, ended := start(t, context.Background(), signalled{tuitest.New(), looked})
	<-looked
	if _, err := keys.Write([]byte("q")); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatalf("quitting: %v", err)
	}
	if !strings.Contains(out.String(), "\x1b[?1049l") {
		t.Error("the terminal was not given back")
	}
}

// signalled says when it was looked at.
type signalled struct {
	*tuitest.Backend
	looked chan struct{}
}

func (s signalled) Audit(ctx context.Context) (workbench.Audit, error) {
	defer close(s.looked)
	return s.Backend.Audit(ctx)
}

func TestQuittingWaitsForTheTrialToCleanUp(t *testing.T) {
	for name, end := range map[string]func(io.Writer, context.CancelFunc){
		"ctrl+c":  func(keys io.Writer, _ context.CancelFunc) { keys.Write([]byte("\x03")) },
		"context": func(_ io.Writer, cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			looked := make(chan struct{})
			h := held{tuitest.New(), make(chan struct{}), make(chan struct{})}
			keys, _, ended := start(t, ctx, struct {
				signalled
				Trier
			}{signalled{h.Backend, looked}, h})
			<-looked
			// The list may not have drawn yet; keys that come too early do nothing.
			for began := false; !began; {
				keys.Write([]byte("\rt\r"))
				select {
				case <-h.began:
					began = true
				case <-time.After(20 * time.Millisecond):
				}
			}
			end(keys, cancel)
			err := <-ended
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
			select {
			case <-h.cleaned:
			default:
				t.Error("Run returned before the trial had cleaned up")
			}
		})
	}
}

func TestUnknownTheme(t *testing.T) {
	err := Run(context.Background(), Options{Theme: "blue"})
	if err == nil || !strings.Contains(err.Error(), `"blue"`) {
		t.Errorf("the error is %v", err)
	}
}
