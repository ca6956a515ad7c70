package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"bulkhead/inspect"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
)

// Loader is the part of the engine's API that Ensure uses.
type Loader interface {
	ImageInspect(ctx context.Context, image string, opts ...client.ImageInspectOption) (client.ImageInspectResult, error)
	ImageList(ctx context.Context, options client.ImageListOptions) (client.ImageListResult, error)
	ImageTag(ctx context.Context, options client.ImageTagOptions) (client.ImageTagResult, error)
	ImageLoad(ctx context.Context, input io.Reader, opts ...client.ImageLoadOption) (client.ImageLoadResult, error)
}

// Ensure makes sure that the engine has the images, under their names, with
// this very binary in them. One that it has under another name gets a further
// name; what it lacks is sent in one upload. An older image of the same name loses
// the name and stays; RemoveStale takes it away.
func Ensure(ctx context.Context, api Loader, b Binary, images ...Image) error {
	var missing []built
	for _, image := range images {
		made, err := build(b, image)
		if err != nil {
			return err
		}
		there, err := present(ctx, api, made)
		if err == nil && !there {
			there, err = named(ctx, api, made)
		}
		if err != nil {
			return err
		}
		if !there {
			missing = append(missing, made)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := load(ctx, api, missing); err != nil {
		return fmt.Errorf("loading images into the engine: %w", err)
	}
	for _, made := range missing {
		there, err := present(ctx, api, made)
		if err != nil {
			return err
		}
		if !there {
			return fmt.Errorf("loading images into the engine: it took image %s but does not show it", made.name)
		}
	}
	return nil
}

// present says whether the engine has exactly this image under its name.
func present(ctx context.Context, api Loader, made built) (bool, error) {
	have, err := api.ImageInspect(ctx, made.name)
	if cerrdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for image %s: %w", made.name, err)
	}
	return made.is(have), nil
}

// is says that the engine's image is exactly this one.
func (made built) is(have client.ImageInspectResult) bool {
	if have.ID == "sha256:"+made.id {
		return true
	}
	if have.Config == nil || have.Config.Labels[contentLabel] != made.content {
		return false
	}
	var layers []string
	for _, l := range made.layers {
		layers = append(layers, "sha256:"+l.diffID)
	}
	return slices.Equal(have.RootFS.Layers, layers)
}

// named gives the image its name where the engine has it under another one. One
// that goes away meanwhile is not there.
func named(ctx context.Context, api Loader, made built) (bool, error) {
	found, err := api.ImageList(ctx, client.ImageListOptions{Filters: make(client.Filters).Add("label", contentLabel+"="+made.content)})
	if err != nil {
		return false, fmt.Errorf("looking for image %s: %w", made.name, err)
	}
	for _, image := range found.Items {
		have, err := api.ImageInspect(ctx, image.ID)
		if err == nil && made.is(have) {
			_, err = api.ImageTag(ctx, client.ImageTagOptions{Source: image.ID, Target: made.name})
			if err == nil {
				return true, nil
			}
		}
		if err != nil && !cerrdefs.IsNotFound(err) {
			return false, fmt.Errorf("naming image %s: %w", made.name, err)
		}
	}
	return false, nil
}

// load streams the images to the engine and reads what it says of them.
func load(ctx context.Context, api Loader, images []built) error {
	pr, pw := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := writeArchive(pw, images)
		pw.CloseWithError(err)
		done <- err
	}()
	answer, err := api.ImageLoad(ctx, pr, client.ImageLoadWithQuiet(true))
	if err == nil {
		err = readAnswer(answer)
		answer.Close()
	}
	// Ends the writer where the engine did not read to the end.
	pr.CloseWithError(errUnread)
	if writeErr := <-done; writeErr != nil && !errors.Is(writeErr, errUnread) {
		return writeErr
	}
	return err
}

// errUnread is what the writer gets when the engine stopped reading.
var errUnread = errors.New("the engine stopped reading")

// readAnswer reads the stream of messages to its end: a load that fails half
// way says so there and not in the status.
func readAnswer(r io.Reader) error {
	for dec := json.NewDecoder(r); ; {
		var m jsonstream.Message
		switch err := dec.Decode(&m); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("reading the engine's answer: %w", err)
		case m.Error != nil:
			return errors.New(inspect.Printable(m.Error.Message))
		}
	}
}
