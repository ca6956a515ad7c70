package watch

import (
	"context"
	"sync"

	"github.com/moby/moby/client"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// Engine is the part of the engine's API that knows of a container what a watch
// does not see.
type Engine interface {
	ContainerInspect(ctx context.Context, id string, options client.ContainerInspectOptions) (client.ContainerInspectResult, error)
	CopyFromContainer(ctx context.Context, id string, options client.CopyFromContainerOptions) (client.CopyFromContainerResult, error)
}

// Known adds to observations what the engine knows of the containers. Programs
// of an image are looked at once: an engine takes long to open an archive, and
// the copies of a search execute the same ones. It may be used from several
// goroutines.
type Known struct {
	api   Engine
	remap inspect.Remap

	mu       sync.Mutex
	programs map[at]program
}

// at is a path of an image.
type at struct{ image, path string }

// NewKnown knows nothing yet. remap is how user and group IDs of observations are
// made those of the containers.
func NewKnown(api Engine, remap inspect.Remap) *Known {
	return &Known{api: api, remap: remap, programs: map[at]program{}}
}

// Complete adds the container's mounts, and the capabilities of the executed
// files, for which it must still be there, running or not. whole says that it
// was watched from its first start, so that no file was changed unseen.
func (k *Known) Complete(ctx context.Context, id string, o observe.Observation, whole bool) observe.Observation {
	o, c := k.withMounts(ctx, id, o)
	if c.HostConfig == nil || !c.HostConfig.UsernsMode.IsHost() {
		o = o.Inside(k.remap)
	}
	if !whole {
		c.Image = ""
	}
	return k.withFileCaps(ctx, id, c.Image, o)
}
