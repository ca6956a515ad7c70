package compose

import (
	"context"
	"errors"

	"bulkhead/inspect"

	composeloader "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

// model returns the effective model, strict where compose-go takes the files as
// they are. Otherwise what cannot be resolved is left out, step by step, and
// said in warnings.
func (l *loader) model(ctx context.Context) (project *types.Project, strict bool, err error) {
	var contents [][]byte
	for _, doc := range l.tree.own {
		contents = append(contents, doc.content)
	}
	if err := l.checkServices(); err != nil {
		return nil, false, err
	}
	strictErr := l.tree.dangerous()
	if strictErr == nil {
		project, strictErr = l.load(ctx, contents)
	}
	if strictErr == nil {
		l.warnUnset()
		return project, true, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	project, err = l.lenient(ctx, strictErr)
	if err != nil {
		return nil, false, err
	}
	l.warnUnset()
	return project, false, nil
}

// checkServices refuses files that define no service: another kind of YAML, or
// the form from before 2016 that has services at the top level.
func (l *loader) checkServices() error {
	for _, doc := range l.tree.own {
		for _, root := range doc.roots {
			if services := lookup(root, "services"); services != nil && !isNull(services) {
				if services.Kind != yaml.MappingNode {
					return &Error{File: doc.file, Line: services.Line, Problem: "services: is not a mapping",
						Next: "Write each service as a key under services:."}
				}
				return nil
			}
			if lookup(root, "include") != nil {
				return nil
			}
		}
	}
	first := l.tree.own[0]
	out := &Error{File: first.file, Line: first.roots[0].Line, Problem: "there is no services: at the top level",
		Next: "Check that this is a Compose file."}
	for _, e := range entries(first.roots[0]) {
		if text(lookup(e.value, "image")) != "" && e.key.Value != "image" {
			out.Line, out.Problem = e.key.Line, "the services stand at the top level, the form that Compose gave up in 2023"
			out.Next = "Put the services under a services: key."
			break
		}
	}
	return out
}

// lenient loads what can be loaded. strictErr is why Compose refuses the files.
func (l *loader) lenient(ctx context.Context, strictErr error) (*types.Project, error) {
	before := len(l.warnings)
	p, err := l.pruned()
	if err != nil {
		return nil, err
	}
	defer func() {
		if len(l.warnings) == before && len(l.unresolved) == 0 {
			l.warn("Compose refuses this project as it stands: %s. What it says of the services was read all the same.", l.clean(strictErr))
		}
	}()
	relaxed := func(o *composeloader.Options) { o.SkipConsistencyCheck = true }
	contents, err := p.contents()
	if err != nil {
		return nil, err
	}
	if project, err := l.load(ctx, contents, relaxed); err == nil {
		return project, nil
	}
	if err := p.isolate(ctx); err != nil {
		return nil, err
	}
	if contents, err = p.contents(); err != nil {
		return nil, err
	}
	project, err := l.load(ctx, contents, relaxed)
	if err == nil {
		return project, nil
	}
	if ctxErr := ctx.Err(); ctxErr != nil {
		return nil, ctxErr
	}
	return nil, &Error{File: l.files[0], Problem: l.clean(err), Err: errors.New(l.clean(err)),
		Next: "Run `docker compose config` and mend what it names."}
}

// clean makes another program's message fit to show: printable, on one line,
// and without the values of secrets in the files.
func (l *loader) clean(err error) string {
	if l.redactor == nil {
		r := inspect.NewRedactor(l.variables())
		l.redactor = &r
	}
	return inspect.Truncate(inspect.Printable(l.redactor.Redact(err.Error())), 300)
}
