package workbench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/inspect/compose"
	"bulkhead/inspect/engine"
)

// Audit looks at every workload of the engines, of the snapshot, or of the given
// Compose files alone, which needs no engine.
func (b *Bench) Audit(ctx context.Context) (Audit, error) {
	return b.audit(ctx, func(inspect.Workload, inspect.Host) {})
}

// AuditEach is Audit with its results as they come: it hands over each workload
// as soon as it was judged, one at a time and in no order. Until all were read,
// what the engine says of its daemon is not there, and a judgement that needs it
// may change; what Audit returns holds.
func (b *Bench) AuditEach(ctx context.Context, emit func(inspect.Audited)) (Audit, error) {
	return b.audit(ctx, func(w inspect.Workload, h inspect.Host) { emit(check.Audit(w, h)) })
}

// audit hands over each workload as it comes, and judges all at the end.
func (b *Bench) audit(ctx context.Context, emit func(inspect.Workload, inspect.Host)) (Audit, error) {
	looks, err := b.look(ctx, emit)
	if err != nil {
		return Audit{}, err
	}
	a := Audit{Missed: errors.Join(b.Missed...)}
	for i, l := range looks {
		state := EngineState{Host: l.host}
		if l.host.Known() {
			state.Engine = check.Engine(l.host)
		}
		if i == 0 {
			a.Host, a.Engine = state.Host, state.Engine
		} else {
			a.Further = append(a.Further, state)
		}
		a.Problems = append(a.Problems, l.problems...)
		for _, w := range l.workloads {
			a.Workloads = append(a.Workloads, check.Audit(w, l.host))
		}
	}
	for _, missed := range b.Missed {
		a.Problems = append(a.Problems, sentence(missed))
	}
	return a, nil
}

func (b *Bench) project(ctx context.Context, o compose.Options) (compose.Project, error) {
	o.Env = b.Environ
	return compose.Load(ctx, o)
}

// Select returns the audited workloads that the targets name; all without
// targets. A target that names none is an error that suggests near names.
func (a Audit) Select(targets []string) ([]inspect.Audited, error) {
	if len(targets) == 0 {
		return a.Workloads, nil
	}
	var out []inspect.Audited
	for _, target := range targets {
		found := false
		for _, w := range a.Workloads {
			if names(w.Workload, target) {
				out = append(out, w)
				found = true
			}
		}
		if !found {
			return nil, a.unknown(target)
		}
	}
	return out, nil
}

// names says whether a person who types target may mean the workload.
func names(w inspect.Workload, target string) bool {
	return target == w.Name || target == w.Container || (w.ID == "" && target == w.Service) ||
		(len(target) >= 4 && strings.HasPrefix(w.ID, target))
}

func (a Audit) unknown(target string) error {
	var all []string
	for _, w := range a.Workloads {
		all = append(all, w.Workload.Name, w.Workload.Service, w.Workload.Container)
	}
	return &engine.NotFoundError{Target: target, Near: inspect.Near(target, all)}
}

// Find returns the workload that the target names: on the engine, or where
// Compose files were given, the engine's container of that service of theirs.
func (b *Bench) Find(ctx context.Context, target string) (inspect.Workload, error) {
	if len(b.Files) > 0 {
		return b.findInFiles(ctx, target)
	}
	if b.Snapshot != nil {
		return b.findInSnapshot(target)
	}
	if b.Engine == nil {
		return inspect.Workload{}, ErrNoEngine
	}
	w, err := b.Engine.Find(ctx, target)
	if err != nil {
		return w, err
	}
	b.locate(ctx, &w, map[string]sourced{})
	return w, nil
}

func (b *Bench) findInFiles(ctx context.Context, target string) (inspect.Workload, error) {
	project, err := b.project(ctx, compose.Options{Files: b.Files})
	if err != nil {
		return inspect.Workload{}, err
	}
	service := strings.TrimPrefix(target, project.Name+"/")
	defined, ok := project.Workload(service)
	if !ok {
		return inspect.Workload{}, &engine.NotFoundError{Target: target, Near: inspect.Near(target, project.Services()), Files: b.Files}
	}
	if b.Engine == nil {
		return defined, nil
	}
	running, err := b.Engine.Find(ctx, defined.Name)
	var missing *engine.NotFoundError
	if errors.As(err, &missing) {
		return defined, nil
	}
	if err != nil {
		return running, err
	}
	running.Files, running.Sources = defined.Files, defined.Sources
	adoptDeclared(&running, defined)
	return running, nil
}

// sourced is a project's files as they could be read.
type sourced struct {
	project compose.Project
	err     error
}

// locate adds to a service of the engine where its settings stand in its
// Compose files, as far as they can be read here. The sentence says what could
// not be, or where the files no longer match what runs; it is "" otherwise.
func (b *Bench) locate(ctx context.Context, w *inspect.Workload, read map[string]sourced) string {
	if !w.IsService() || len(w.Files) == 0 {
		return ""
	}
	key := w.Project + "\x00" + strings.Join(w.Files, "\x00")
	s, known := read[key]
	if !known {
		s.project, s.err = b.projectOf(ctx, *w)
		read[key] = s
	}
	if s.err != nil {
		if known {
			return "" // said once for the project
		}
		return fmt.Sprintf("%s: %s The sources of its settings are not known.", inspect.Printable(w.Project), inspect.Printable(sentence(s.err)))
	}
	defined, ok := s.project.Workload(w.Service)
	if !ok {
		return fmt.Sprintf("%s runs, but no longer stands in its Compose file.", inspect.Printable(w.Name))
	}
	w.Sources = defined.Sources
	adopt(&w.Settings, defined.Settings)
	adoptDeclared(w, defined)
	return drifted(*w, defined, s.project.Strict)
}

// drifted says where what runs is not as its file says; "" where it is. What a
// file says that Compose itself would refuse is not held against anything.
func drifted(running, defined inspect.Workload, strict bool) string {
	drift := inspect.Drift(defined.Settings, running.Settings)
	if len(drift) == 0 || !strict {
		return ""
	}
	return fmt.Sprintf("%s: the Compose file no longer matches what runs: %s. `docker compose up -d %s` makes it so.",
		inspect.Printable(running.Name), strings.Join(drift, ", "), inspect.Printable(running.Service))
}

// adopt names the mounts and ports of a container as its file does, so that
// their sources are found.
func adopt(running *inspect.Settings, file inspect.Settings) {
	for i, m := range running.Mounts {
		if j := slices.IndexFunc(file.Mounts, func(f inspect.Mount) bool { return f.Target == m.Target }); j >= 0 {
			running.Mounts[i].Setting = file.Mounts[j].Setting
		}
	}
	for i, p := range running.Ports {
		if j := slices.IndexFunc(file.Ports, func(f inspect.Port) bool {
			return f.Container == p.Container && f.Protocol == p.Protocol && f.HostIP == p.HostIP
		}); j >= 0 {
			running.Ports[i].Setting = file.Ports[j].Setting
		}
	}
}

// projectOf reads the Compose files that the labels of a service name.
func (b *Bench) projectOf(ctx context.Context, w inspect.Workload) (compose.Project, error) {
	for _, f := range w.Files {
		if _, err := os.Stat(f); errors.Is(err, fs.ErrNotExist) {
			return compose.Project{}, &MissingFileError{Workload: w.Name, Path: f}
		}
	}
	if len(w.Files) == 0 {
		return compose.Project{}, fmt.Errorf("the container of %s does not say which Compose file it came from; name it with -f", inspect.Printable(w.Name))
	}
	return b.project(ctx, compose.Options{Files: w.Files, ProjectName: w.Project})
}
