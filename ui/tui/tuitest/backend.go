// Package tuitest is a backend for tests of the terminal UI: the practice
// project as an engine would show it, a search on its web server played from a
// script, and a draft of what it would write. It touches nothing.
package tuitest

import (
	"context"
	"sync"
	"time"

	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// Backend answers from its fields. The zero Backend has no workloads.
type Backend struct {
	Looked   workbench.Audit
	AuditErr error
	Played   []trial.Event
	Ended    trial.Result
	TrialErr error
	// Pace is the pause between two events, for looking at it.
	Pace time.Duration
	// Drafted is returned for a Compose service, Command for a container.
	Drafted, Command workbench.Draft
	DraftErr         error
	WriteErr         error

	mu      sync.Mutex
	written []workbench.Draft
}

// New returns a backend with all that the fake has.
func New() *Backend {
	return &Backend{Looked: Audit(), Played: Events(), Ended: Result(), Drafted: Draft(), Command: Command()}
}

// Hinted is an error with a next step.
type Hinted struct{ Text, Next string }

// Error is the text.
func (h Hinted) Error() string { return h.Text }

// Hint is the next step.
func (h Hinted) Hint() string { return h.Next }

// Audit answers at once, or after Pace.
func (b *Backend) Audit(ctx context.Context) (workbench.Audit, error) {
	if !b.wait(ctx, 8) {
		return workbench.Audit{}, ctx.Err()
	}
	return b.Looked, b.AuditErr
}

// Trial plays the events.
func (b *Backend) Trial(ctx context.Context, _ inspect.Workload, emit func(trial.Event)) (trial.Result, error) {
	for _, e := range b.Played {
		if !b.wait(ctx, 1) {
			// A clone that is being removed takes its time too.
			b.wait(context.WithoutCancel(ctx), 6)
			return trial.Result{}, ctx.Err()
		}
		emit(e)
	}
	return b.Ended, b.TrialErr
}

func (b *Backend) wait(ctx context.Context, n int) bool {
	if b.Pace == 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(b.Pace * time.Duration(n)):
		return true
	case <-ctx.Done():
		return false
	}
}

// Draft answers with the draft for that kind of workload.
func (b *Backend) Draft(_ context.Context, w inspect.Workload, _ trial.Result) (workbench.Draft, error) {
	if w.IsService() {
		return b.Drafted, b.DraftErr
	}
	return b.Command, b.DraftErr
}

// Write remembers the draft.
func (b *Backend) Write(_ context.Context, d workbench.Draft) (string, error) {
	if b.WriteErr != nil {
		return "", b.WriteErr
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.written = append(b.written, d)
	return d.Path + ".bak", nil
}

// Written are the drafts that were accepted.
func (b *Backend) Written() []workbench.Draft {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]workbench.Draft{}, b.written...)
}

// Each is a Backend that hands over each workload as it comes.
type Each struct{ *Backend }

// AuditEach hands over the workloads, the last one first, and answers as Audit
// does.
func (e Each) AuditEach(ctx context.Context, emit func(inspect.Audited)) (workbench.Audit, error) {
	for i := range e.Looked.Workloads {
		if !e.wait(ctx, 1) {
			return workbench.Audit{}, ctx.Err()
		}
		emit(e.Looked.Workloads[len(e.Looked.Workloads)-1-i])
	}
	return e.Audit(ctx)
}
