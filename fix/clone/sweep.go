package clone

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"bulkhead/fix/owner"
	"bulkhead/inspect"
	"bulkhead/inspect/agent"
)

// Sweep removes what sessions left that were killed before they could clean
// up, and says what it removed. Sessions that still run, and those of other
// machines, are left alone unless all is set.
func Sweep(ctx context.Context, api *client.Client, all bool) ([]string, error) {
	removed, err := removeUntilNone(ctx, api, func(labels map[string]string) bool {
		return all || owner.Gone(labels[LabelOwner])
	})
	if err != nil {
		return removed, err
	}
	images, err := sweepImages(ctx, api, all)
	if err != nil {
		return removed, err
	}
	dirs, err := sweepEmptyDirs()
	if err != nil {
		return removed, err
	}
	return slices.Concat(removed, images, dirs), agent.RemoveStale(ctx, api)
}

// removeUntilNone removes what matches until there is nothing more: the engine
// may still be carrying out what was asked of it last, by a process that was
// killed since. Only the last round's problems count.
func removeUntilNone(ctx context.Context, api *client.Client, match func(labels map[string]string) bool) ([]string, error) {
	var removed []string
	for {
		more, err := removeAll(ctx, api, match)
		removed = append(removed, more...)
		if len(more) == 0 || ctx.Err() != nil {
			return removed, err
		}
	}
}

// removeAll removes every container, volume and network whose labels match,
// in the order in which they depend on each other. It goes on after a failure.
func removeAll(ctx context.Context, api *client.Client, match func(labels map[string]string) bool) ([]string, error) {
	filter := client.Filters{}.Add("label", LabelSession)
	var removed []string
	var problems []error
	done := func(kind, name string, err error) {
		switch {
		case err == nil:
			removed = append(removed, fmt.Sprintf("%s %s", kind, inspect.Printable(name)))
		case !errdefs.IsNotFound(err) && !isBeingRemoved(err):
			problems = append(problems, fmt.Errorf("removing %s %s: %w", kind, inspect.Printable(name), err))
		}
	}

	containers, err := api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		return nil, fmt.Errorf("listing bulkhead's containers: %w", err)
	}
	for _, c := range containers.Items {
		if match(c.Labels) {
			_, err := api.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
			done("container", c.ID[:min(12, len(c.ID))], err)
		}
	}
	volumes, err := api.VolumeList(ctx, client.VolumeListOptions{Filters: filter})
	if err != nil {
		return removed, fmt.Errorf("listing bulkhead's volumes: %w", err)
	}
	for _, v := range volumes.Items {
		if match(v.Labels) {
			_, err := api.VolumeRemove(ctx, v.Name, client.VolumeRemoveOptions{Force: true})
			done("volume", v.Name, err)
		}
	}
	networks, err := api.NetworkList(ctx, client.NetworkListOptions{Filters: filter})
	if err != nil {
		return removed, fmt.Errorf("listing bulkhead's networks: %w", err)
	}
	for _, n := range networks.Items {
		if match(n.Labels) {
			_, err := api.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{})
			done("network", n.Name, err)
		}
	}
	return removed, errors.Join(problems...)
}

// isBeingRemoved says that another request removes the same thing right now.
func isBeingRemoved(err error) bool {
	return errdefs.IsConflict(err) && containsAny(err.Error(), "already in progress", "is being removed")
}
