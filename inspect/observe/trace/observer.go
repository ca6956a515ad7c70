package trace

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/watch"
)

// Options say how the tracer is brought into the engine.
type Options struct {
	// Image is one that agent.HelperImage describes, which the engine has.
	Image string
	// Labels are put on the volume and on the container that fills it.
	Labels map[string]string
}

// Observer is a volume with the tracer in it. Any number of copies may use it.
type Observer struct {
	api    *client.Client
	known  *watch.Known
	volume string
}

// Start makes the volume. The caller closes the observer. The error may be an
// *observe.RefusedError.
func Start(ctx context.Context, api *client.Client, opt Options) (*Observer, error) {
	o := &Observer{api: api, known: watch.NewKnown(api, inspect.Remap{}), volume: "bulkhead-trace-" + strings.ToLower(rand.Text())}
	if _, err := api.VolumeCreate(ctx, client.VolumeCreateOptions{Name: o.volume, Labels: maps.Clone(opt.Labels)}); err != nil {
		return nil, fmt.Errorf("creating the tracer's volume: %w", err)
	}
	if err := o.fill(ctx, opt); err != nil {
		return nil, errors.Join(err, o.Close(ctx))
	}
	return o, nil
}

// fill has a container of the helper's image copy its program into the volume.
func (o *Observer) fill(ctx context.Context, opt Options) error {
	const at = "/volume"
	created, err := o.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config: &container.Config{Image: opt.Image, Cmd: append(InstallCommand[:len(InstallCommand):len(InstallCommand)], at), User: "0:0", Labels: maps.Clone(opt.Labels)},
		HostConfig: &container.HostConfig{
			NetworkMode: "none", CapDrop: []string{"ALL"}, ReadonlyRootfs: true, SecurityOpt: []string{"no-new-privileges:true"},
			LogConfig: container.LogConfig{Type: "json-file"},
			Mounts:    []mount.Mount{{Type: mount.TypeVolume, Source: o.volume, Target: at}},
		},
	})
	if err != nil {
		return fmt.Errorf("filling the tracer's volume: %w", err)
	}
	code, err := o.runToEnd(ctx, created.ID)
	if err == nil && code != 0 {
		said, logErr := o.said(ctx, created.ID)
		err = errors.Join(&observe.RefusedError{
			Reason: "the tracer could not be installed: " + said, Next: "The tracer needs a static program: build bulkhead with CGO_ENABLED=0, or name such a build in BULKHEAD_HELPER.",
		}, logErr)
	}
	return errors.Join(err, o.remove(ctx, created.ID))
}

// runToEnd starts a container and returns its exit code.
func (o *Observer) runToEnd(ctx context.Context, id string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	waiting := o.api.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := o.api.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
		return 0, fmt.Errorf("filling the tracer's volume: %w", err)
	}
	select {
	case end := <-waiting.Result:
		return end.StatusCode, nil
	case err := <-waiting.Error:
		return 0, fmt.Errorf("filling the tracer's volume: %w", err)
	}
}

// said is the beginning of a container's log, printable.
func (o *Observer) said(ctx context.Context, id string) (string, error) {
	logs, err := o.api.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return "", err
	}
	defer logs.Close()
	var text strings.Builder
	_, err = stdcopy.StdCopy(&text, &text, io.LimitReader(logs, 4096))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // there was more
	}
	return inspect.Printable(strings.TrimSpace(text.String())), err
}

func (o *Observer) remove(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	_, err := o.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true})
	if err != nil && !cerrdefs.IsNotFound(err) {
		return fmt.Errorf("removing the container that filled the tracer's volume: %w", err)
	}
	return nil
}

// Close removes the volume. The copies that use it must be gone. It does its
// work even when ctx is already cancelled.
func (o *Observer) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	_, err := o.api.VolumeRemove(ctx, o.volume, client.VolumeRemoveOptions{})
	if err != nil && !cerrdefs.IsNotFound(err) {
		return fmt.Errorf("removing the tracer's volume %s: %w", o.volume, err)
	}
	return nil
}
