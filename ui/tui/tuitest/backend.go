// Package tuitest is a backend for tests of the terminal UI: the practice
// project as an engine would show it, a search on its web server played from a
// script, and a draft of what it would write. It touches nothing.
package tuitest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"bulkhead/fix"
	"bulkhead/fix/socketproxy"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// Backend answers from its fields. The zero Backend has no workloads.
type Backend struct {
	Looked   workbench.Audit
	AuditErr error
	TrialErr error
	// ObserveErr is what a watch ends with.
	ObserveErr error
	// Earlier is an interrupted search that can be carried on; Outdated says why
	// a proved result is true no longer.
	Earlier  *trial.Result
	Outdated []string
	// AlterEvent and AlterResult, where set, change what a search tells.
	AlterEvent  func(*trial.Event)
	AlterResult func(*trial.Result)
	// Pace is the pause between two lines of a log, for looking at it.
	Pace time.Duration
	// Drafted is returned for a Compose service, Command for a container, Proxied
	// for a proxy before the engine's socket.
	Drafted, Command, Proxied workbench.Draft
	DraftErr                  error
	WriteErr                  error

	mu      sync.Mutex
	drafts  []fix.Plan
	written []workbench.Draft
	asked   []workbench.TrialOptions
	proxies []workbench.SocketOptions
	// policies are those of the recordings that were asked for.
	policies []socketproxy.Policy
}

// New returns a backend with all that the fake has.
func New() *Backend {
	return &Backend{Looked: Audit(), Drafted: Draft(), Command: Command(), Proxied: Proxied()}
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

// Interrupted answers with Earlier.
func (b *Backend) Interrupted(context.Context, inspect.Workload) (*trial.Result, error) {
	return b.Earlier, nil
}

// Lead hands over a search on web, whatever the workload.
func (b *Backend) Lead(ctx context.Context, _ inspect.Workload, o workbench.TrialOptions, emit func(trial.Event),
	lead func(context.Context, *trial.Search) (trial.Result, error)) (trial.Result, error) {
	tell := func(e trial.Event) {
		if b.AlterEvent != nil {
			b.AlterEvent(&e)
		}
		emit(e)
	}
	tell(trial.Event{Kind: trial.Note, Line: notShared})
	b.mu.Lock()
	b.asked = append(b.asked, o)
	b.mu.Unlock()
	options := trial.Options{Also: o.Also}
	if o.Resume {
		options.Earlier = b.Earlier
	}
	copies := newCopies(func(ctx context.Context) bool { return b.wait(ctx, 1) })
	r, err := lead(ctx, search(copies, options, tell))
	if b.AlterResult != nil {
		b.AlterResult(&r)
	}
	if ctx.Err() != nil {
		// A clone that is being removed takes its time too.
		b.wait(context.WithoutCancel(ctx), 6)
	}
	return r, errors.Join(err, b.TrialErr)
}

// Asked are the options of the searches that were begun.
func (b *Backend) Asked() []workbench.TrialOptions {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]workbench.TrialOptions{}, b.asked...)
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
func (b *Backend) Draft(_ context.Context, w inspect.Workload, r trial.Result) (workbench.Draft, error) {
	b.mu.Lock()
	b.drafts = append(b.drafts, r.Plan)
	b.mu.Unlock()
	d := b.Command
	if w.IsService() {
		d = b.Drafted
	}
	if len(b.Outdated) > 0 {
		d.Notes = append([]string{"What was proved may be true no longer; try it again before you write. " + strings.Join(b.Outdated, " ")}, d.Notes...)
	}
	return d, b.DraftErr
}

// DraftSocketProxy answers with Proxied, and remembers what was asked.
func (b *Backend) DraftSocketProxy(_ context.Context, _ inspect.Workload, o workbench.SocketOptions) (workbench.Draft, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.proxies = append(b.proxies, o)
	return b.Proxied, b.DraftErr
}

// Proxies are the options of the proxies that were asked for.
func (b *Backend) Proxies() []workbench.SocketOptions {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]workbench.SocketOptions{}, b.proxies...)
}

// Drafts are the plans that drafts were asked of.
func (b *Backend) Drafts() []fix.Plan {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]fix.Plan{}, b.drafts...)
}

// Write remembers the draft.
func (b *Backend) Write(_ context.Context, d workbench.Draft) (string, error) {
	if b.WriteErr != nil {
		return "", b.WriteErr
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.written = append(b.written, d)
	if d.Before == nil {
		return "", nil
	}
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
