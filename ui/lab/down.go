package lab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"bulkhead/inspect/agent"

	"github.com/compose-spec/compose-go/v2/loader"
	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"
)

// Down removes the lab: the containers whose project stands in the lab's
// directory, that project's networks and volumes, bulkhead's images, and the
// files that bulkhead wrote there. What others put into the directory stays and
// is named. It can be called again after it failed half way, and does nothing
// where there is no lab.
func Down(ctx context.Context, options Options) error {
	o, err := options.complete()
	if err != nil {
		return err
	}
	if err := o.checkLab(); err != nil {
		return err
	}
	projects, hashes, err := o.removeContainers(ctx)
	if err != nil {
		return err
	}
	for _, project := range projects {
		if err := o.removeRest(ctx, project); err != nil {
			return err
		}
	}
	if err := o.removeImages(ctx, hashes); err != nil {
		return err
	}
	// Of earlier binaries, whose images lost their names to newer ones.
	if err := agent.RemoveStale(ctx, o.API); err != nil {
		return err
	}
	stay, err := removeFiles(o.Dir)
	if err != nil {
		return err
	}
	if len(stay) > 0 {
		o.say("Left in %s, as bulkhead did not write it: %s", o.Dir, strings.Join(stay, ", "))
	}
	return nil
}

// removeContainers stops and removes the containers of the lab's directory and
// returns the names of their projects and the hashes of the binaries in them.
// The name that the lab's file gives is among the names: containers may be gone
// already and volumes not.
func (o Options) removeContainers(ctx context.Context) ([]string, map[string]bool, error) {
	found, err := listContainers(ctx, o.API, directoryLabel)
	if err != nil {
		return nil, nil, err
	}
	// A container carries the labels of its image, also where another binary
	// has taken the image's name since.
	hashes := map[string]bool{}
	projects := map[string]bool{o.projectName(ctx): true}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, c := range found {
		if !sameDir(c.Labels[directoryLabel], o.Dir) {
			continue
		}
		projects[c.Labels[projectLabel]] = true
		hashes[c.Labels[agent.Label]] = true
		o.say("Removing %s", c.Labels[serviceLabel])
		group.Go(func() error {
			_, err := o.API.ContainerStop(ctx, c.ID, client.ContainerStopOptions{})
			if err != nil && !cerrdefs.IsNotFound(err) {
				return fmt.Errorf("stopping service %s: %w", c.Labels[serviceLabel], err)
			}
			return removeContainer(ctx, o.API, c.ID)
		})
	}
	err = group.Wait()
	delete(projects, "")
	delete(hashes, "")
	return slices.Sorted(maps.Keys(projects)), hashes, err
}

// projectName is the name of the project in the lab's directory, or "" where it
// is not certain that the directory is a lab: an unrelated project may bear the
// directory's name.
func (o Options) projectName(ctx context.Context) string {
	ours, err := isOurs(filepath.Join(o.Dir, fileName))
	if usual, usualErr := DefaultDir(o.getenv); err != nil || !ours && (usualErr != nil || usual != o.Dir) {
		return ""
	}
	if project, err := readProject(ctx, o); err == nil {
		return project.Name
	}
	// The person may have broken the file while editing it.
	return loader.NormalizeProjectName(filepath.Base(o.Dir))
}

// removeImages removes the practice images, and the others that hold the same
// binaries. Those of another binary may be another bulkhead's at work.
func (o Options) removeImages(ctx context.Context, hashes map[string]bool) error {
	for _, image := range o.images() {
		have, err := o.API.ImageInspect(ctx, image.Name)
		if cerrdefs.IsNotFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("looking for image %s: %w", image.Name, err)
		}
		if have.Config != nil && have.Config.Labels[agent.Label] != "" {
			hashes[have.Config.Labels[agent.Label]] = true
		}
	}
	if len(hashes) > 0 {
		o.say("Removing the practice images")
	}
	for _, hash := range slices.Sorted(maps.Keys(hashes)) {
		if err := agent.Remove(ctx, o.API, agent.Label+"="+hash); err != nil {
			return err
		}
	}
	return nil
}

// removeRest removes a project's networks and volumes, unless containers from
// another directory use the name too.
func (o Options) removeRest(ctx context.Context, project string) error {
	others, err := listContainers(ctx, o.API, projectLabel+"="+project)
	if err != nil {
		return err
	}
	if len(others) > 0 {
		o.say("Left the networks and volumes of %s: containers from %s use them", project, others[0].Labels[directoryLabel])
		return nil
	}
	filter := make(client.Filters).Add("label", projectLabel+"="+project)
	networks, err := o.API.NetworkList(ctx, client.NetworkListOptions{Filters: filter})
	if err != nil {
		return fmt.Errorf("listing the lab's networks: %w", err)
	}
	volumes, err := o.API.VolumeList(ctx, client.VolumeListOptions{Filters: filter})
	if err != nil {
		return fmt.Errorf("listing the lab's volumes: %w", err)
	}
	var errs []error
	for _, n := range networks.Items {
		o.say("Removing network %s", n.Name)
		errs = append(errs, removeNetwork(ctx, o.API, n.ID))
	}
	for _, v := range volumes.Items {
		o.say("Removing volume %s", v.Name)
		errs = append(errs, removeVolume(ctx, o.API, v.Name))
	}
	return errors.Join(errs...)
}

func removeNetwork(ctx context.Context, api client.APIClient, name string) error {
	_, err := api.NetworkRemove(ctx, name, client.NetworkRemoveOptions{})
	if err != nil && !cerrdefs.IsNotFound(err) {
		return fmt.Errorf("removing network %s: %w", name, err)
	}
	return nil
}

func removeVolume(ctx context.Context, api client.APIClient, name string) error {
	_, err := api.VolumeRemove(ctx, name, client.VolumeRemoveOptions{})
	if err != nil && !cerrdefs.IsNotFound(err) {
		return fmt.Errorf("removing volume %s: %w", name, err)
	}
	return nil
}
