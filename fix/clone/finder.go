package clone

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
)

// finder looks for companions among what the engine has.
type finder struct {
	session *Session
	list    []container.Summary
	// found are the patterns by the ID of their originals; order lists the
	// companions so that each comes after what it needs.
	found map[string]*pattern
	order []*pattern
	notes []string
}

// needed is a container that another one needs.
type needed struct {
	id        string
	condition Condition
	optional  bool
	aliases   []string
}

// follow finds what the pattern needs and ties it to that.
func (f *finder) follow(ctx context.Context, p *pattern) error {
	peers, err := f.peers(ctx, p)
	if err != nil {
		return err
	}
	for _, n := range append(f.needs(p), peers...) {
		other, err := f.add(ctx, n, p)
		if err != nil {
			return err
		}
		if other != nil && other != f.session.pattern {
			p.ties = append(p.ties, tie{other, n.condition})
		}
	}
	for _, ns := range namespaces {
		id := p.spec.Joins[ns]
		if id == "" {
			continue
		}
		owner, err := f.add(ctx, needed{id: id}, p)
		if err != nil {
			return err
		}
		p.joins[ns] = owner
		p.ties = append(p.ties, tie{owner, Started})
	}
	return nil
}

// add makes a companion of the container, with all that it needs. It returns
// nil, and leaves a note, where it can be done without.
func (f *finder) add(ctx context.Context, n needed, by *pattern) (*pattern, error) {
	if p := f.found[n.id]; p != nil {
		p.spec.Aliases = append(p.spec.Aliases, n.aliases...)
		return p, nil
	}
	result, err := f.session.api.ContainerInspect(ctx, n.id, client.ContainerInspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("looking at %s, which %s needs: %w", inspect.Printable(n.id), by.called, err)
	}
	if p := f.found[result.Container.ID]; p != nil {
		return p, nil
	}
	p, err := newPattern(result.Container, f.session.opt.Devices)
	if err == nil {
		if ns := f.livesInSubject(p); ns != "" {
			f.note("%s lives in the %s of %s itself and is not cloned with it.", p.called, ns, f.session.called)
			return nil, nil
		}
	}
	if err != nil {
		return nil, f.without(called(result.Container), n, by, err)
	}
	p.spec.Aliases = append(p.spec.Aliases, n.aliases...)
	p.keepTrying()
	f.found[result.Container.ID] = p
	if err := f.follow(ctx, p); err != nil {
		return nil, err
	}
	f.order = append(f.order, p)
	return p, nil
}

// livesInSubject is a namespace of the subject that the pattern's own lives in,
// "" for none: it could only start after the subject, which nothing waits for.
func (f *finder) livesInSubject(p *pattern) Namespace {
	for _, ns := range namespaces {
		if id := p.spec.Joins[ns]; id != "" && f.byName(id) == f.session.original.ID {
			return ns
		}
	}
	return ""
}

// without judges why something cannot be cloned: an error where it is needed,
// else a note.
func (f *finder) without(companion string, n needed, by *pattern, err error) error {
	var blocked *BlockedError
	switch {
	case !errors.As(err, &blocked):
		return err
	case n.optional:
		f.note("%s is left out: it cannot be cloned because of %s, and %s can do without it.", companion, blocked.Setting, by.called)
		return nil
	}
	return &CompanionError{
		Name: by.called, Companion: companion, Err: err, Next: blocked.Next,
		Problem: fmt.Sprintf("cannot be cloned because of %s: %s", blocked.Setting, blocked.Reason),
	}
}

func (f *finder) note(format string, args ...any) {
	f.notes = append(f.notes, fmt.Sprintf(format, args...))
}

// needs are the containers that the pattern's own needs beside it.
func (f *finder) needs(p *pattern) []needed {
	all := f.composeNeeds(p)
	for _, link := range links(p.original) {
		id := f.byName(link.name)
		if id == "" {
			f.note("%s is linked to %s, which is not there.", p.called, inspect.Printable(link.name))
			continue
		}
		all = append(all, needed{id: id, condition: Started, aliases: []string{link.alias}})
	}
	return all
}

// composeNeeds are the containers of the services that the pattern's own needs:
// by the Compose files of the subject's project where they were read, else by
// the labels.
func (f *finder) composeNeeds(p *pattern) []needed {
	labels := p.original.Config.Labels
	project, service := labels[labelProject], labels[labelService]
	if project == "" || service == "" {
		return nil
	}
	needs, known := f.session.opt.Needs[service]
	if !known || project != f.session.original.Config.Labels[labelProject] {
		label, written := labels[labelDependsOn]
		if !written {
			f.note("%s: what it depends on is not known, because its Compose files were not read and docker-compose 1 writes it nowhere else.", p.called)
		}
		needs = labelNeeds(label)
	}
	var all []needed
	for _, n := range needs {
		replicas := f.replicas(project, n.Service)
		if len(replicas) == 0 {
			f.note("%s depends on %s, which has no container: the copies run without it.", p.called, inspect.Printable(n.Service))
			continue
		}
		if len(replicas) > 1 {
			f.note("%s has %d containers; the copies get one of it.", inspect.Printable(n.Service), len(replicas))
		}
		all = append(all, needed{id: replicas[0].ID, condition: n.Condition, optional: n.Optional, aliases: n.Aliases})
	}
	return all
}

// replicas are a service's containers, the one that tells most first: one that
// runs before one that does not, then by its number.
func (f *finder) replicas(project, service string) []container.Summary {
	var all []container.Summary
	for _, c := range f.list {
		oneOff, _ := strconv.ParseBool(c.Labels[labelOneOff])
		if c.Labels[labelProject] == project && c.Labels[labelService] == service && !oneOff {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b container.Summary) int {
		if runsA, runsB := a.State == container.StateRunning, b.State == container.StateRunning; runsA != runsB {
			if runsA {
				return -1
			}
			return 1
		}
		return number(a) - number(b)
	})
	return all
}

func number(c container.Summary) int {
	n, _ := strconv.Atoi(c.Labels[labelNumber])
	return n
}

// byName returns the ID of the container with the name or the ID, "" where
// there is none or it is not known.
func (f *finder) byName(name string) string {
	for _, c := range f.list {
		if c.ID == name || slices.Contains(c.Names, "/"+strings.TrimPrefix(name, "/")) {
			return c.ID
		}
	}
	return ""
}

// link is a container under a name that another one has for it.
type link struct{ name, alias string }

// links are those of the default bridge ("/db:/web/database") and those of
// other networks ("db:database").
func links(c container.InspectResponse) []link {
	written := slices.Clone(c.HostConfig.Links)
	if c.NetworkSettings != nil {
		for _, endpoint := range c.NetworkSettings.Networks {
			if endpoint != nil {
				written = append(written, endpoint.Links...)
			}
		}
	}
	var all []link
	for _, l := range written {
		to, alias, ok := strings.Cut(l, ":")
		if !ok {
			alias = to
		}
		all = append(all, link{strings.TrimPrefix(to, "/"), alias[strings.LastIndex(alias, "/")+1:]})
	}
	slices.SortFunc(all, func(a, b link) int { return strings.Compare(a.name+":"+a.alias, b.name+":"+b.alias) })
	return slices.Compact(all)
}
