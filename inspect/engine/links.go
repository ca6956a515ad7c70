package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// follow fills in where the workload's bind mounts lead. Only a local engine's
// paths are paths of this machine; a link that was changed since the container
// started leads elsewhere now. The sentence says what was not found out, or "".
func (e *Engine) follow(ctx context.Context, w *inspect.Workload) string {
	if !e.Host.Local {
		return ""
	}
	// Nobody waits for the goroutine past ctx: on a network file system that is
	// gone, a look at a path never returns, and cannot be called off.
	done := make(chan led, 1)
	mounts := slices.Clone(w.Settings.Mounts)
	go func() { done <- e.followed(mounts) }()
	select {
	case l := <-done:
		w.Settings.Mounts = l.mounts
		if len(l.hidden) == 0 {
			return ""
		}
		return fmt.Sprintf("%s: where %s leads may not be seen by you, so a link to an engine's socket or to another part of the host would not be found. Run bulkhead with sudo to see it.",
			inspect.Printable(w.Name), strings.Join(l.hidden, ", "))
	case <-ctx.Done():
		return fmt.Sprintf("%s: where its bind mounts lead was not found out within %s, so a link to an engine's socket or to another part of the host would not be found.",
			inspect.Printable(w.Name), e.patience)
	}
}

// led are mounts whose links were followed, and the sources, printable, that may
// not be looked at.
type led struct {
	mounts []inspect.Mount
	hidden []string
}

// followed resolves the links in place. A path that is gone stays what it says.
func (e *Engine) followed(mounts []inspect.Mount) led {
	out := led{mounts: mounts}
	for i, m := range mounts {
		if m.Type != inspect.BindMount {
			continue
		}
		at, err := e.links(m.Source)
		switch {
		case errors.Is(err, fs.ErrPermission):
			out.hidden = append(out.hidden, inspect.Printable(m.Source))
		case err == nil && at != filepath.Clean(m.Source):
			mounts[i].Resolved = at
		}
	}
	return out
}

// Resolve is where a path of the engine's host leads, by its links: the path
// itself where that cannot be known, because the engine is elsewhere, the path
// may not be looked at, or nobody answers in time.
func (e *Engine) Resolve(ctx context.Context, source string) string {
	ctx, cancel := context.WithTimeout(ctx, e.patience)
	defer cancel()
	w := inspect.Workload{Settings: inspect.Settings{Mounts: []inspect.Mount{{Type: inspect.BindMount, Source: source}}}}
	e.follow(ctx, &w)
	if at := w.Settings.Mounts[0].Resolved; at != "" {
		return at
	}
	return source
}
