// Package work keeps account of the calls to the rest of the program that are
// under way, so that whoever ends the UI can cancel them and wait until they
// have cleaned up behind themselves.
package work

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Group is a set of calls under one context.
type Group struct {
	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex
	count  int
	closed bool
	idle   chan struct{}
}

// New returns a group whose calls end when ctx does.
func New(ctx context.Context) *Group {
	ctx, cancel := context.WithCancel(ctx)
	return &Group{ctx: ctx, cancel: cancel, idle: make(chan struct{})}
}

// Context is what every call of the group lives under.
func (g *Group) Context() context.Context { return g.ctx }

// Cmd returns a command that runs f as one call of the group. After Close the
// command does nothing.
func (g *Group) Cmd(f func(context.Context) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		if !g.begin() {
			return nil
		}
		defer g.end()
		return f(g.ctx)
	}
}

// Go runs f as one call of the group beside the message loop, and returns at
// once; Wait waits for it. After Close it does nothing.
func (g *Group) Go(f func(context.Context)) {
	if !g.begin() {
		return
	}
	go func() {
		defer g.end()
		f(g.ctx)
	}()
}

// Start prepares a call that can be cancelled by itself: run is the command that
// has it go on beside the message loop, cancel ends its context.
func (g *Group) Start(f func(context.Context)) (run tea.Cmd, cancel context.CancelFunc) {
	ctx, cancel := context.WithCancel(g.ctx)
	return func() tea.Msg {
		g.Go(func(context.Context) {
			defer cancel()
			f(ctx)
		})
		return nil
	}, cancel
}

// Busy says that calls are under way.
func (g *Group) Busy() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count > 0
}

// Close cancels every call and lets no further one begin. It does not wait.
func (g *Group) Close() {
	g.cancel()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.closed = true
		g.settle()
	}
}

// Wait waits until all calls have ended after Close, at most for d, and says
// whether they have.
func (g *Group) Wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-g.idle:
		return true
	case <-timer.C:
		return false
	}
}

func (g *Group) begin() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.count++
	return true
}

func (g *Group) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count--
	g.settle()
}

// settle is called with the lock held.
func (g *Group) settle() {
	if g.closed && g.count == 0 {
		close(g.idle)
	}
}
