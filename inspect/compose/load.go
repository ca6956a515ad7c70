package compose

import (
	"context"
	"io"
	"slices"

	"bulkhead/inspect"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
	"go.yaml.in/yaml/v4"
)

// Options say which project is meant.
type Options struct {
	// Files are the Compose files in the order Compose is to merge them. With
	// none, COMPOSE_FILE of Env, else Compose's default names in Dir and the
	// directories above it.
	Files []string
	// Dir is the project directory: relative paths and .env are found from it.
	// With no Files it is where the search starts, "" being the current
	// directory; with Files "" means the first file's directory.
	Dir string
	// ProjectName overrides COMPOSE_PROJECT_NAME, the file's name: and the
	// directory's name.
	ProjectName string
	// Env is the environment for ${VARIABLES}, as os.Environ gives it. A .env
	// file in the project directory adds to it.
	Env []string
	// Overlay holds the content of Files, by absolute path, that stands in for
	// what is on disk: to ask what a file would mean before it is written. It
	// does not reach files that are only included or extended.
	Overlay map[string][]byte
}

// Project is what the files say.
type Project struct {
	Name string
	// Dir is the project directory, absolute.
	Dir string
	// Files are the absolute paths of the project's own Compose files, in order.
	Files []string
	// Workloads has one entry for each service, sorted by name.
	Workloads []inspect.Workload
	// Compose is the effective model as compose-go gives it. It holds the
	// values of variables: never show it.
	Compose *types.Project
	// Warnings say, a sentence each, what could not be resolved, and what that
	// means. They are printable and hold no secrets.
	Warnings []string
	// Strict says that compose-go accepted the files as they stand.
	Strict bool

	definitions map[string][]definition
	contents    map[string][]byte
}

// Place is one place that speaks of a setting of a service. Compose joins what
// several places say: it appends lists, and lets later scalars win.
type Place struct {
	inspect.Source
	// Extended says that the service takes it over through extends.
	Extended bool
	// Merged says that it comes through a YAML merge key (<<).
	Merged bool
}

// Places returns every place that speaks of the top-level setting of the
// service, from the one that counts least to the one that counts most. The
// setting "" gives the places that define the service.
func (p Project) Places(service, setting string) []Place {
	var out []Place
	add := func(d definition, at *yaml.Node, merged bool) {
		source := inspect.Source{Origin: inspect.FromCompose, File: d.file, Line: at.Line, Column: at.Column}
		out = append(out, Place{Source: source, Extended: d.extended, Merged: merged})
	}
	for _, d := range p.definitions[service] {
		if setting == "" {
			add(d, d.key, false)
			continue
		}
		for _, e := range entries(d.body) {
			if e.key.Value == setting {
				add(d, e.key, e.inherited)
			}
		}
	}
	return out
}

// Content is what one of Files held when it was read.
func (p Project) Content(file string) []byte { return p.contents[file] }

// Workload returns the service's workload.
func (p Project) Workload(service string) (inspect.Workload, bool) {
	i := slices.IndexFunc(p.Workloads, func(w inspect.Workload) bool { return w.Service == service })
	if i < 0 {
		return inspect.Workload{}, false
	}
	return p.Workloads[i], true
}

// Services returns the names of the services, sorted.
func (p Project) Services() []string {
	var names []string
	for _, w := range p.Workloads {
		names = append(names, w.Service)
	}
	return names
}

// Load reads the project. The error is an *Error with a hint where a file is at
// fault, or the context's own.
func Load(ctx context.Context, o Options) (Project, error) {
	// compose-go warns on logrus's global logger, which would write over the
	// screen. What it warns of is said in Warnings.
	logrus.SetOutput(io.Discard)

	l, err := newLoader(o)
	if err != nil {
		return Project{}, err
	}
	model, strict, err := l.model(ctx)
	if err != nil {
		return Project{}, err
	}
	p := Project{Name: model.Name, Dir: l.dir, Files: l.files, Compose: model, Strict: strict}
	defs := l.tree.definitions()
	p.definitions = defs
	p.contents = map[string][]byte{}
	for _, doc := range l.tree.own {
		p.contents[doc.file] = doc.content
	}
	for _, name := range model.ServiceNames() {
		service := model.Services[name]
		if service.Provider != nil {
			l.warn("The service %q is run by a provider, not by the engine. It has no container to look at.", name)
			continue
		}
		p.Workloads = append(p.Workloads, l.workload(model, service, defs[name]))
	}
	slices.SortFunc(p.Workloads, func(a, b inspect.Workload) int {
		if a.Service < b.Service {
			return -1
		}
		return 1
	})
	l.warnEnvFiles()
	p.Warnings = l.warnings
	return p, nil
}

// workload turns one service into a workload.
func (l *loader) workload(model *types.Project, service types.ServiceConfig, defs []definition) inspect.Workload {
	l.addEnvFiles(&service)
	w := inspect.Workload{
		Name:     model.Name + "/" + service.Name,
		Project:  model.Name,
		Service:  service.Name,
		Image:    service.Image,
		State:    inspect.Defined,
		Settings: settings(model, service),
	}
	w.LabelNames, w.SecretLabels = inspect.OwnLabels(service.Labels, nil)
	w.Declared = l.declared(service)
	for _, d := range defs {
		if !slices.Contains(w.Files, d.file) {
			w.Files = append(w.Files, d.file)
		}
	}
	w.Sources = l.sources(service, defs)
	w.Unresolved = l.unresolved[service.Name]
	return w
}
