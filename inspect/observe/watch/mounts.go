package watch

import (
	"context"
	"fmt"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// withMounts adds what the engine knows of a container's mounts, and returns what
// it says of it, which is empty where it says nothing; then that is a gap.
func (k *Known) withMounts(ctx context.Context, id string, o observe.Observation) (observe.Observation, container.InspectResponse) {
	found, err := k.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		o.Unseen = append(o.Unseen, observe.Gap{Aspect: observe.Mounted, Reason: inspect.Printable(fmt.Sprintf("the engine does not show the container: %v", err))})
		return o.WithMounts(), container.InspectResponse{}
	}
	return o.WithMounts(mountsOf(found.Container)...), found.Container
}

// kinds are the engine's words; what is not among them is of another kind.
var kinds = map[mount.Type]observe.MountKind{
	mount.TypeVolume: observe.VolumeMount, mount.TypeBind: observe.BindMount, mount.TypeTmpfs: observe.TmpfsMount,
}

// mountsOf are the mounts of a container's settings.
func mountsOf(c container.InspectResponse) []observe.Mount {
	list := []observe.Mount{{Point: "/", Kind: observe.RootMount}}
	for _, m := range c.Mounts {
		kind, ok := kinds[m.Type]
		if !ok {
			kind = observe.OtherMount
		}
		found := observe.Mount{Point: m.Destination, Kind: kind, ReadOnly: !m.RW}
		if kind == observe.VolumeMount && !inspect.MadeUp(m.Name) {
			found.Volume = m.Name
		}
		list = append(list, found)
	}
	if c.HostConfig == nil {
		return list
	}
	list[0].ReadOnly = c.HostConfig.ReadonlyRootfs
	for point := range c.HostConfig.Tmpfs {
		list = append(list, observe.Mount{Point: point, Kind: observe.TmpfsMount})
	}
	return list
}
