package workbench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"bulkhead/inspect"
	"bulkhead/inspect/compose"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/snapshot"
)

// look is what one engine, one snapshot, or some Compose files show.
type look struct {
	host      inspect.Host
	workloads []inspect.Workload
	problems  []string
}

// look reads every source, the engines at the same time. It hands over each
// workload as it comes, one at a time.
func (b *Bench) look(ctx context.Context, emit func(inspect.Workload, inspect.Host)) ([]look, error) {
	switch {
	case len(b.Files) > 0:
		project, err := b.project(ctx, compose.Options{Files: b.Files})
		return look{b.host(), project.Workloads, project.Warnings}.emit(emit), err
	case b.Snapshot != nil:
		s := b.Snapshot
		return look{s.Host, s.Workloads, append([]string{age(*s)}, s.Problems...)}.emit(emit), nil
	case b.Engine == nil:
		return nil, ErrNoEngine
	}
	return b.lookAtAll(ctx, emit)
}

// emit hands over the workloads and returns the look as the only one.
func (l look) emit(emit func(inspect.Workload, inspect.Host)) []look {
	for _, w := range l.workloads {
		emit(w, l.host)
	}
	return []look{l}
}

// lookAtAll reads the engines. The workloads of several are told apart by their
// contexts.
func (b *Bench) lookAtAll(ctx context.Context, emit func(inspect.Workload, inspect.Host)) ([]look, error) {
	var mu sync.Mutex
	engines := append([]*engine.Engine{b.Engine}, b.Further...)
	looks := make([]look, len(engines))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, e := range engines {
		prefix := ""
		if len(engines)+len(b.Missed) > 1 {
			prefix = e.Host.Context
		}
		group.Go(func() (err error) {
			looks[i], err = b.lookAt(groupCtx, e, func(w inspect.Workload) {
				mu.Lock()
				defer mu.Unlock()
				emit(prefixed(w, prefix), e.Host)
			})
			looks[i].prefix(prefix)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return looks, nil
}

func (b *Bench) host() inspect.Host {
	if b.Engine == nil {
		return inspect.Host{}
	}
	return b.Engine.Host
}

// lookAt reads one engine: its containers and what it says of itself at the
// same time. What it hands over does not yet say where in its files it stands.
func (b *Bench) lookAt(ctx context.Context, e *engine.Engine, emit func(inspect.Workload)) (look, error) {
	var l look
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		l.host, err = e.Survey(groupCtx)
		return err
	})
	group.Go(func() (err error) {
		l.problems, err = e.Each(groupCtx, func(w inspect.Workload) {
			l.workloads = append(l.workloads, w)
			emit(w)
		})
		engine.Sort(l.workloads)
		return err
	})
	if err := group.Wait(); err != nil {
		return l, err
	}
	projects := map[string]sourced{}
	for i := range l.workloads {
		if problem := b.locate(ctx, &l.workloads[i], projects); problem != "" {
			l.problems = append(l.problems, problem)
		}
	}
	return l, nil
}

// prefix tells the workloads of several engines apart by their contexts.
func (l *look) prefix(prefix string) {
	if prefix == "" {
		return
	}
	for i, w := range l.workloads {
		l.workloads[i] = prefixed(w, prefix)
	}
	for i := range l.problems {
		l.problems[i] = inspect.Printable(prefix) + ": " + l.problems[i]
	}
}

func prefixed(w inspect.Workload, prefix string) inspect.Workload {
	if prefix != "" {
		w.Name = prefix + "/" + w.Name
	}
	return w
}

// Take is a snapshot of the engine as it is now.
func (b *Bench) Take(ctx context.Context) (snapshot.Snapshot, error) {
	if b.Engine == nil {
		return snapshot.Snapshot{}, ErrNoEngine
	}
	l, err := b.lookAt(ctx, b.Engine, func(inspect.Workload) {})
	return snapshot.Snapshot{Taken: b.Now().UTC(), Host: l.host, Workloads: l.workloads, Problems: l.problems}, err
}

// age says that what is shown is not now.
func age(s snapshot.Snapshot) string {
	of := s.Host.Name
	if of == "" {
		of = "an engine"
	}
	return fmt.Sprintf("This is a snapshot of %s taken on %s; what has changed since is not seen.",
		inspect.Printable(of), s.Taken.UTC().Format("2006-01-02 15:04 UTC"))
}

func (b *Bench) findInSnapshot(target string) (inspect.Workload, error) {
	all := Audit{}
	for _, w := range b.Snapshot.Workloads {
		all.Workloads = append(all.Workloads, inspect.Audited{Workload: w})
	}
	found, err := all.Select([]string{target})
	if err != nil {
		return inspect.Workload{}, err
	}
	return found[0].Workload, nil
}

// noEngine says why something that needs an engine cannot be done.
func (b *Bench) noEngine() error {
	if b.Snapshot != nil {
		return &SnapshotError{}
	}
	return ErrNoEngine
}

// sentence is an error with its next step.
func sentence(err error) string {
	text := strings.TrimRight(err.Error(), ".") + "."
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		text += " " + hinted.Hint()
	}
	return text
}
