package engine

import (
	"context"
	"fmt"
	"sync"

	"bulkhead/inspect"

	"github.com/containerd/errdefs"
)

// images reads each image once.
type images struct {
	engine *Engine
	mu     sync.Mutex
	byID   map[string]func() imageRead
}

// imageRead is what was read of an image.
type imageRead struct {
	facts  *inspect.ImageFacts
	labels map[string]string
	err    error
}

func newImages(e *Engine) *images {
	return &images{engine: e, byID: map[string]func() imageRead{}}
}

// get reads the image, or waits for whoever reads it already.
func (i *images) get(ctx context.Context, id string) imageRead {
	if id == "" {
		return imageRead{}
	}
	i.mu.Lock()
	read, ok := i.byID[id]
	if !ok {
		read = sync.OnceValue(func() imageRead { return i.engine.readImage(ctx, id) })
		i.byID[id] = read
	}
	i.mu.Unlock()
	return read()
}

func (e *Engine) readImage(ctx context.Context, id string) imageRead {
	ctx, cancel := context.WithTimeout(ctx, e.patience)
	defer cancel()
	result, err := e.API.ImageInspect(ctx, id)
	if err != nil {
		return imageRead{err: err}
	}
	facts := &inspect.ImageFacts{Tags: result.RepoTags, Digests: result.RepoDigests}
	read := imageRead{facts: facts}
	if config := result.Config; config != nil {
		read.labels = config.Labels
		facts.User = config.User
		facts.Healthcheck = probed(config.Healthcheck)
	}
	return read
}

// problem says that the image could not be read; one that was removed under its
// container is no fault of the engine, and its facts are simply not known.
func (r imageRead) problem(image string) string {
	if r.err == nil || errdefs.IsNotFound(r.err) {
		return ""
	}
	return fmt.Sprintf("The image %s could not be inspected, so what it says for itself is not known: %s.", inspect.Printable(image), oneLine(r.err))
}
