package lab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"bulkhead/inspect/agent"

	"github.com/compose-spec/compose-go/v2/types"
	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// Up starts the lab, or brings it up to date with its Compose file, and waits
// until its services run. What runs already and is as the file says is left
// alone. The Compose file is written where there is none.
//
// A *ServiceError leaves everything in place. After every other error, and when
// ctx ends, what this call made is taken away again; a Compose file that it
// wrote stays unless ctx ended, since the error may speak of it.
func Up(ctx context.Context, options Options) error {
	o, err := options.complete()
	if err != nil {
		return err
	}
	if err := o.checkLab(); err != nil {
		return err
	}
	// First of all, so that nothing is made where nothing can run.
	binary, err := agent.For(o.Host.OS, o.Host.Arch, o.getenv)
	if err != nil {
		return err
	}
	u := &upping{Options: o}
	err = u.run(ctx, binary)
	var service *ServiceError
	if err == nil || errors.As(err, &service) {
		return err
	}
	return errors.Join(err, u.undo.run(ctx))
}

// upping is one Up under way.
type upping struct {
	Options
	project *types.Project
	// running are the project's containers by service.
	running map[string][]container.Summary
	// ids are the containers that serve, by service.
	ids  map[string]string
	undo undo
}

func (u *upping) run(ctx context.Context, binary agent.Binary) error {
	wrote, err := writeFile(u.Dir)
	if err != nil {
		return err
	}
	if wrote {
		u.say("Wrote %s", filepath.Join(u.Dir, fileName))
		u.undo.whenInterrupted(func(context.Context) error { return removeFile(u.Dir) })
	}
	if u.project, err = readProject(ctx, u.Options); err != nil {
		return err
	}
	if err := checkSupported(u.project); err != nil {
		return err
	}
	if err := u.look(ctx); err != nil {
		return err
	}
	if err := u.loadImages(ctx, binary); err != nil {
		return err
	}
	if err := u.makeNetworks(ctx); err != nil {
		return err
	}
	if err := u.makeVolumes(ctx); err != nil {
		return err
	}
	if err := u.makeContainers(ctx); err != nil {
		return err
	}
	if err := u.waitForAll(ctx); err != nil {
		return err
	}
	return agent.RemoveStale(ctx, u.API)
}

// look finds the project's containers, and refuses to go on where they belong
// to another directory.
func (u *upping) look(ctx context.Context) error {
	found, err := listContainers(ctx, u.API, projectLabel+"="+u.project.Name)
	if err != nil {
		return err
	}
	u.running, u.ids = map[string][]container.Summary{}, map[string]string{}
	for _, c := range found {
		if dir := c.Labels[directoryLabel]; !sameDir(dir, u.project.WorkingDir) {
			return &TakenError{Project: u.project.Name, Dir: u.project.WorkingDir, Other: dir}
		}
		if c.Labels[oneoffLabel] != "True" {
			u.running[c.Labels[serviceLabel]] = append(u.running[c.Labels[serviceLabel]], c)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(u.running)) {
		if _, known := u.project.Services[name]; !known {
			u.say("%s runs, but the file no longer has it; `bulkhead lab down` removes it", name)
		}
	}
	return nil
}

// listContainers returns the containers with the labels, running or not.
func listContainers(ctx context.Context, api client.APIClient, labels ...string) ([]container.Summary, error) {
	found, err := api.ContainerList(ctx, client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", labels...),
	})
	if err != nil {
		return nil, fmt.Errorf("listing the lab's containers: %w", err)
	}
	return found.Items, nil
}

// loadImages brings the practice images into the engine.
func (u *upping) loadImages(ctx context.Context, binary agent.Binary) error {
	for _, image := range u.images() {
		_, err := u.API.ImageInspect(ctx, image.Name)
		if cerrdefs.IsNotFound(err) {
			u.undo.add(func(ctx context.Context) error { return removeNamed(ctx, u.API, image.Name) })
			continue
		}
		if err != nil {
			return fmt.Errorf("looking for image %s: %w", image.Name, err)
		}
	}
	u.say("Preparing the practice images (%d MB)", (binary.Size()+999_999)/1_000_000)
	return agent.Ensure(ctx, u.API, binary, u.images()...)
}

// removeNamed removes an image by its name, where it is there.
func removeNamed(ctx context.Context, api client.APIClient, name string) error {
	_, err := api.ImageRemove(ctx, name, client.ImageRemoveOptions{PruneChildren: true})
	if err != nil && !cerrdefs.IsNotFound(err) {
		return fmt.Errorf("removing image %s: %w", name, err)
	}
	return nil
}

// makeNetworks creates the networks that are not there.
func (u *upping) makeNetworks(ctx context.Context) error {
	for _, key := range slices.Sorted(maps.Keys(u.project.Networks)) {
		n := u.project.Networks[key]
		_, err := u.API.NetworkInspect(ctx, n.Name, client.NetworkInspectOptions{})
		if err == nil {
			continue
		}
		if !cerrdefs.IsNotFound(err) || bool(n.External) {
			return fmt.Errorf("looking for network %s: %w", n.Name, err)
		}
		if err := check(ctx); err != nil {
			return err
		}
		u.say("Creating network %s", n.Name)
		// Not to be cut in half: without its answer nobody would know what to
		// take back.
		_, err = u.API.NetworkCreate(context.WithoutCancel(ctx), n.Name, client.NetworkCreateOptions{
			Driver: n.Driver, Options: n.DriverOpts, Internal: n.Internal, Attachable: n.Attachable,
			Labels: ownLabels(u.project.Name, networkLabel, key, n.Labels),
		})
		if err != nil {
			return fmt.Errorf("creating network %s: %w", n.Name, err)
		}
		u.undo.add(func(ctx context.Context) error { return removeNetwork(ctx, u.API, n.Name) })
	}
	return nil
}

// makeVolumes creates the volumes that are not there.
func (u *upping) makeVolumes(ctx context.Context) error {
	for _, key := range slices.Sorted(maps.Keys(u.project.Volumes)) {
		v := u.project.Volumes[key]
		_, err := u.API.VolumeInspect(ctx, v.Name, client.VolumeInspectOptions{})
		if err == nil {
			continue
		}
		if !cerrdefs.IsNotFound(err) || bool(v.External) {
			return fmt.Errorf("looking for volume %s: %w", v.Name, err)
		}
		if err := check(ctx); err != nil {
			return err
		}
		u.say("Creating volume %s", v.Name)
		_, err = u.API.VolumeCreate(context.WithoutCancel(ctx), client.VolumeCreateOptions{
			Name: v.Name, Driver: v.Driver, DriverOpts: v.DriverOpts,
			Labels: ownLabels(u.project.Name, volumeLabel, key, v.Labels),
		})
		if err != nil {
			return fmt.Errorf("creating volume %s: %w", v.Name, err)
		}
		u.undo.add(func(ctx context.Context) error { return removeVolume(ctx, u.API, v.Name) })
	}
	return nil
}

// ownLabels are the labels of a network or volume.
func ownLabels(project, kind, key string, more types.Labels) map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, more)
	maps.Copy(labels, map[string]string{projectLabel: project, kind: key, versionLabel: composeOfLabels})
	return labels
}
