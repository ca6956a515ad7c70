package workbench

import (
	"context"
	"sync"

	"github.com/moby/moby/client"

	"bulkhead/fix/clone"
	"bulkhead/inspect/agent"
)

// keptImage keeps the helper's image in the engine from its first use on, so that
// the next one need not send it again.
type keptImage struct {
	mu     sync.Mutex
	forget func(context.Context) error // nil before the first use
}

// HoldHelper lets the helper's image stay in the engine between its uses, until
// release, which does its work even when its context has ended.
func (b *Bench) HoldHelper() (release func(context.Context) error) {
	b.kept = &keptImage{}
	return b.kept.release
}

// release lets it go.
func (h *keptImage) release(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.forget == nil {
		return nil
	}
	return h.forget(ctx)
}

// hold gives the image a name of its own, which the uses do not take away.
func (h *keptImage) hold(ctx context.Context, api *client.Client, b agent.Binary) (err error) {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.forget == nil {
		_, h.forget, err = clone.HelperImage(ctx, api, b)
	}
	return err
}
