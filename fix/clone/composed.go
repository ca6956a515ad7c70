package clone

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
	"bulkhead/inspect/compose"
	"bulkhead/inspect/engine"
)

// Service is a Compose service that has no container to copy.
type Service struct {
	Project compose.Project
	Name    string
	// Environ is the environment in which Compose runs.
	Environ []string
}

// NoComposeError says that no Compose is installed that could create a
// service's containers.
type NoComposeError struct{ Service string }

// Error says what is missing.
func (e *NoComposeError) Error() string {
	return fmt.Sprintf("%s has no container yet, and no Compose is installed here that could create one.", inspect.Printable(e.Service))
}

// Hint is the next step.
func (e *NoComposeError) Hint() string {
	return "Install Docker's Compose plugin (the package docker-compose-plugin, or docker-compose), or create the service's container yourself and try that."
}

// ComposeError says why a service's containers could not be created.
type ComposeError struct {
	Service, Problem, Next string
	Err                    error
}

// Error names the service and the problem.
func (e *ComposeError) Error() string {
	return fmt.Sprintf("The containers of %s could not be created: %s", inspect.Printable(e.Service), e.Problem)
}

// Hint is the next step.
func (e *ComposeError) Hint() string { return e.Next }

// Unwrap returns the cause, nil where there is none.
func (e *ComposeError) Unwrap() error { return e.Err }

// OpenService is Open for a service without a container. The installed Compose
// creates the containers of the service and of what it needs, under a project
// name, networks and volumes of the session's own; they are never started, and
// copies are made of them. Nothing is pulled or built, and no directory is made
// on the engine's host. The error may also be a *NoComposeError or a
// *ComposeError.
func OpenService(ctx context.Context, e *engine.Engine, service Service, opt Options) (*Session, error) {
	if opt.Needs == nil {
		opt.Needs = NeedsOf(service.Project.Compose)
	}
	s, err := newSession(e, opt)
	if err != nil {
		return nil, err
	}
	return s, s.closeOn(ctx, s.openService(ctx, e, service))
}

func (s *Session) openService(ctx context.Context, e *engine.Engine, service Service) error {
	project, names, err := s.resolve(ctx, service)
	if err != nil {
		return err
	}
	command, err := findCompose(ctx, e.Host, service)
	if err != nil {
		return err
	}
	d := &standIn{labels: s.labels, legacy: command.legacy, missing: func(source string) bool {
		_, err := os.Stat(source)
		return e.Host.Local && errors.Is(err, os.ErrNotExist)
	}}
	written, err := d.write(project, names)
	if err != nil {
		return err
	}
	s.found = append(s.found, "It has no container yet: Compose made one from its files to copy from, which is never started.")
	s.found = append(s.found, d.notes...)
	if err := command.create(ctx, s.project(), written, redactorOf(project, names)); err != nil {
		return &ComposeError{Service: service.Name, Problem: err.Error(), Err: err, Next: "Run `docker compose create` with the project's own files, and mend what it says."}
	}
	if s.theirs, err = s.volumesOf(ctx, project, names); err != nil {
		return err
	}
	id, err := s.created(ctx, service.Name)
	if err != nil {
		return err
	}
	return s.open(ctx, e, id)
}

// project is the name of the Compose project that a session makes.
func (s *Session) project() string { return "bulkhead-" + s.id }

// resolve returns the project with the values of all variables and with images
// that the engine has, and the names of the services that are needed.
func (s *Session) resolve(ctx context.Context, service Service) (*types.Project, []string, error) {
	refuse := func(next, format string, args ...any) error {
		return &ComposeError{Service: service.Name, Problem: fmt.Sprintf(format, args...), Next: next}
	}
	if !service.Project.Strict {
		return nil, nil, refuse("Run `docker compose config` and mend what it names.", "Compose refuses the project as it stands. %s", strings.Join(service.Project.Warnings, " "))
	}
	project, err := service.Project.Compose.WithServicesEnvironmentResolved(true)
	if err != nil {
		return nil, nil, refuse("Mend the env_file.", "its environment cannot be read.")
	}
	names := closure(project, service.Name)
	for _, name := range names {
		one := project.Services[name]
		image, err := s.imageFor(ctx, project.Name, one)
		if err != nil {
			return nil, nil, err
		}
		if image == "" {
			verb := "pull"
			if one.Build != nil {
				verb = "build"
			}
			return nil, nil, refuse(fmt.Sprintf("Run `docker compose %s %s` first.", verb, inspect.Printable(name)), "the engine does not have the image of %s.", inspect.Printable(name))
		}
		one.Image = image
		project.Services[name] = one
	}
	return project, names, s.external(ctx, service.Name, project, names)
}

// imageFor is the image of a service that the engine has, "" for none. One that
// is built without a name is called by project and service (docker-compose 1
// joins them with an underscore, version 2 with a dash).
func (s *Session) imageFor(ctx context.Context, project string, service types.ServiceConfig) (string, error) {
	names := []string{service.Image}
	if service.Image == "" {
		names = []string{project + "-" + service.Name, project + "_" + service.Name}
	}
	for _, name := range names {
		_, err := s.api.ImageInspect(ctx, name)
		if err == nil {
			return name, nil
		}
		if !errdefs.IsNotFound(err) {
			return "", fmt.Errorf("looking for the image %s: %w", inspect.Printable(name), err)
		}
	}
	return "", nil
}

// external makes sure that the external volumes are there. The stand-in does
// not use them, lest the engine copies what an image holds into an empty one;
// Compose itself looks for external networks.
func (s *Session) external(ctx context.Context, service string, project *types.Project, names []string) error {
	for _, v := range volumesOf(project, names) {
		if !v.External {
			continue
		}
		_, err := s.api.VolumeInspect(ctx, v.Name, client.VolumeInspectOptions{})
		if errdefs.IsNotFound(err) {
			return &ComposeError{Service: service, Err: err, Problem: fmt.Sprintf("the external volume %s does not exist.", inspect.Printable(v.Name)),
				Next: fmt.Sprintf("Create it with `docker volume create %s`.", inspect.Printable(v.Name))}
		}
		if err != nil {
			return fmt.Errorf("looking for the volume %s: %w", inspect.Printable(v.Name), err)
		}
	}
	return nil
}

// volumesOf are the named volumes that the services use, by their keys.
func volumesOf(project *types.Project, names []string) map[string]types.VolumeConfig {
	used := map[string]types.VolumeConfig{}
	for _, name := range names {
		for _, v := range project.Services[name].Volumes {
			if config, ok := project.Volumes[v.Source]; ok && v.Type == types.VolumeTypeVolume {
				used[v.Source] = config
			}
		}
	}
	return used
}

// volumesOf maps the volumes that Compose made for the session to those of the
// person's that they stand in for, as far as these exist.
func (s *Session) volumesOf(ctx context.Context, project *types.Project, names []string) (map[string]string, error) {
	theirs := map[string]string{}
	for key, v := range volumesOf(project, names) {
		_, err := s.api.VolumeInspect(ctx, v.Name, client.VolumeInspectOptions{})
		if err != nil && !errdefs.IsNotFound(err) {
			return nil, fmt.Errorf("looking for the volume %s: %w", inspect.Printable(v.Name), err)
		}
		if err == nil {
			theirs[s.project()+"_"+key] = v.Name
		}
	}
	return theirs, nil
}

// created is the ID of the container that Compose made for the service.
func (s *Session) created(ctx context.Context, service string) (string, error) {
	list, err := s.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: client.Filters{}.Add("label", LabelSession+"="+s.id)})
	if err != nil {
		return "", fmt.Errorf("looking for what Compose created: %w", err)
	}
	i := slices.IndexFunc(list.Items, func(c container.Summary) bool { return c.Labels[labelService] == service })
	if i < 0 {
		return "", &ComposeError{Service: service, Problem: "Compose said nothing, but there is no container.", Next: "Create it yourself with `docker compose create`, and try again."}
	}
	return list.Items[i].ID, nil
}
