package clone

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"bulkhead/fix/owner"
	"bulkhead/inspect/agent"
)

// HelperImage brings the probe helper into the engine, and returns a name of it
// that is this use's own and how to take that away again. The image of a binary is
// in the engine once, whoever uses it: only the first use sends it, each further
// one gives it a name, and with the last name it goes, so that no use takes it
// from another and nothing stays behind.
func HelperImage(ctx context.Context, api *client.Client, b agent.Binary) (name string, forget func(context.Context) error, err error) {
	image := agent.HelperImage(b)
	image.Name += "." + strings.ReplaceAll(owner.Self(), "/", ".") + "." + strings.ToLower(rand.Text()[:8])
	if err := agent.Ensure(ctx, api, b, image); err != nil {
		return "", nil, err
	}
	return image.Name, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		return untag(ctx, api, []string{image.Name})
	}, nil
}

// untag takes names from images; an image without a name goes. One that a
// container still uses stays.
func untag(ctx context.Context, api *client.Client, names []string) error {
	var problems []error
	for _, n := range names {
		_, err := api.ImageRemove(ctx, n, client.ImageRemoveOptions{PruneChildren: true})
		if err != nil && !agent.Gone(err) && !errdefs.IsConflict(err) {
			problems = append(problems, fmt.Errorf("removing the image %s: %w", n, err))
		}
	}
	return errors.Join(problems...)
}

// sweepImages takes away the helper images whose process is gone.
func sweepImages(ctx context.Context, api *client.Client, all bool) ([]string, error) {
	found, err := api.ImageList(ctx, client.ImageListOptions{Filters: client.Filters{}.Add("label", agent.Label)})
	if err != nil {
		return nil, fmt.Errorf("listing bulkhead's images: %w", err)
	}
	var names, said []string
	for _, image := range found.Items {
		for _, tag := range image.RepoTags {
			whose, ok := ownerInTag(tag)
			if ok && (all || owner.Gone(whose)) {
				names = append(names, tag)
				said = append(said, "image "+tag)
			}
		}
	}
	return said, untag(ctx, api, names)
}

// ownerInTag reads back what HelperImage wrote:
// bulkhead-agent:HASH.HOST.PID.START.USE.
func ownerInTag(tag string) (string, bool) {
	rest, ok := strings.CutPrefix(tag, "bulkhead-agent:")
	parts := strings.Split(rest, ".")
	if !ok || len(parts) != 5 {
		return "", false
	}
	return strings.Join(parts[1:4], "/"), true
}
