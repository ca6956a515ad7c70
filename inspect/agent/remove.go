package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"bulkhead/inspect"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/client"
)

// Remover is the part of the engine's API that Remove uses.
type Remover interface {
	ImageList(ctx context.Context, options client.ImageListOptions) (client.ImageListResult, error)
	ImageRemove(ctx context.Context, image string, options client.ImageRemoveOptions) (client.ImageRemoveResult, error)
}

// Remove removes the images made here, of whichever binary, or those of them
// that carry all the given labels ("key" or "key=value"). One that a container
// uses stays and is named in the error; the others are removed nevertheless.
func Remove(ctx context.Context, api Remover, labels ...string) error {
	images, err := list(ctx, api, make(client.Filters).Add("label", Label).Add("label", labels...))
	if err != nil {
		return err
	}
	var errs []error
	for _, img := range images {
		if err := removeImage(ctx, api, img); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// RemoveStale removes the images made here that lost their name to a newer one
// and that no container uses.
func RemoveStale(ctx context.Context, api Remover) error {
	images, err := list(ctx, api, make(client.Filters).Add("label", Label).Add("dangling", "true"))
	if err != nil {
		return err
	}
	var errs []error
	for _, img := range images {
		if err := removeImage(ctx, api, img); err != nil && !cerrdefs.IsConflict(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func list(ctx context.Context, api Remover, filters client.Filters) ([]image.Summary, error) {
	found, err := api.ImageList(ctx, client.ImageListOptions{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("listing bulkhead's images: %w", err)
	}
	return found.Items, nil
}

// Gone says that an image is there no more. Where another bulkhead removes it at
// the same time, an engine may say so in words alone (seen on 20.10.24).
func Gone(err error) bool {
	return cerrdefs.IsNotFound(err) || strings.Contains(err.Error(), "unrecognized image ID")
}

// removeImage removes an image by its names, which the engine wants where it
// has several, or by its ID where it has none. Never by force: that would take
// the name from an image that a container still uses.
func removeImage(ctx context.Context, api Remover, img image.Summary) error {
	var refs []string
	for _, tag := range img.RepoTags {
		if tag != "<none>:<none>" {
			refs = append(refs, tag)
		}
	}
	if len(refs) == 0 {
		refs = []string{img.ID}
	}
	for _, ref := range refs {
		_, err := api.ImageRemove(ctx, ref, client.ImageRemoveOptions{PruneChildren: true})
		if err != nil && !Gone(err) {
			return fmt.Errorf("removing image %s: %w", inspect.Printable(ref), err)
		}
	}
	return nil
}
