package compose

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"bulkhead/inspect"

	"github.com/compose-spec/compose-go/v2/consts"
	"github.com/compose-spec/compose-go/v2/interpolation"
	composeloader "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// loader is one Load under way.
type loader struct {
	dir     string
	files   []string
	env     map[string]string
	name    string
	overlay map[string][]byte
	tree    tree

	warnings []string
	// unresolved are, for each service, the settings whose value is not known,
	// with the reason.
	unresolved map[string]map[string]string
	// envFiles are the services that each unreadable env_file concerns.
	envFiles map[string][]string
	// redactor is made when the first foreign message has to be shown.
	redactor *inspect.Redactor
}

// newLoader finds and parses the files.
func newLoader(o Options) (*loader, error) {
	l := &loader{
		env:        environment(o.Env),
		overlay:    o.Overlay,
		unresolved: map[string]map[string]string{},
		envFiles:   map[string][]string{},
	}
	var err error
	if l.files, l.dir, err = findFiles(o, l.env); err != nil {
		return nil, err
	}
	l.addDotEnv()
	if err := l.readTree(); err != nil {
		return nil, err
	}
	if l.name, err = l.projectName(o.ProjectName); err != nil {
		return nil, err
	}
	l.env[consts.ComposeProjectName] = l.name
	return l, nil
}

// warn adds a sentence, once. Foreign text in it is made printable.
func (l *loader) warn(format string, args ...any) {
	sentence := inspect.Printable(fmt.Sprintf(format, args...))
	if !slices.Contains(l.warnings, sentence) {
		l.warnings = append(l.warnings, sentence)
	}
}

// unknown records that a setting of a service is not known. The reason is a
// clause without a full stop.
func (l *loader) unknown(service, setting, reason string) {
	if l.unresolved[service] == nil {
		l.unresolved[service] = map[string]string{}
	}
	l.unresolved[service][setting] = inspect.Printable(reason)
}

// content returns a file's content, from the overlay where it is there.
func (l *loader) content(path string) ([]byte, error) {
	if c, ok := l.overlay[path]; ok {
		return c, nil
	}
	return readFile(path)
}

// load runs compose-go over the contents, one for each file.
func (l *loader) load(ctx context.Context, contents [][]byte, options ...func(*composeloader.Options)) (*types.Project, error) {
	details := types.ConfigDetails{WorkingDir: l.dir, Environment: maps.Clone(l.env)}
	for i, file := range l.files {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: file, Content: contents[i]})
	}
	all := append([]func(*composeloader.Options){func(o *composeloader.Options) {
		o.SetProjectName(l.name, true)
		o.Profiles = []string{"*"}
		o.SkipResolveEnvironment = true
		o.SkipResolveLabels = true
		o.MaxNodeVisits = maxNodes
		o.Interpolate = &interpolation.Options{
			LookupValue:     details.LookupEnv,
			TypeCastMapping: o.Interpolate.TypeCastMapping,
			Substitute:      substituteQuietly,
		}
	}}, options...)
	project, err := loadProject(ctx, details, all)
	if err != nil {
		return nil, err
	}
	project.ComposeFiles = l.files
	return project, nil
}

// loadProject is compose-go's load. It panics over some files, as one that
// includes another and has nothing under its own services: (2.16.2, loader
// importResource).
func loadProject(ctx context.Context, details types.ConfigDetails, options []func(*composeloader.Options)) (p *types.Project, err error) {
	defer func() {
		if gave := recover(); gave != nil {
			p, err = nil, fmt.Errorf("the library of Compose fails over it: %v", gave)
		}
	}()
	return composeloader.LoadWithContext(ctx, details, options...)
}
