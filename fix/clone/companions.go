package clone

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
)

// pattern is one container that copies are cut from: the subject of a session,
// or a companion, which every copy of the subject gets a copy of beside it.
type pattern struct {
	original container.InspectResponse
	spec     Spec
	// called is what sentences call it.
	called string
	// ties are the companions that it needs; joins are those whose namespaces it
	// lives in.
	ties  []tie
	joins map[Namespace]*pattern
	// silent says that a copy of it was waited for in vain.
	silent atomic.Bool
}

// tie says that a container needs another one, and how far that has to be.
type tie struct {
	to        *pattern
	condition Condition
}

// CompanionError says what is wrong with something that a container needs
// beside it.
type CompanionError struct {
	// Name is what needs it, Companion what it needs.
	Name, Companion string
	// Problem says what is wrong, a clause; Next is the next step.
	Problem, Next string
	// Log is the end of the companion's own log, redacted and printable.
	Log []string
	Err error
}

// Error names both and says what is wrong.
func (e *CompanionError) Error() string {
	text := fmt.Sprintf("%s, which %s needs, %s.", e.Companion, e.Name, strings.TrimRight(e.Problem, "."))
	if len(e.Log) > 0 {
		text += " Its log ends with: " + strings.Join(e.Log, " / ")
	}
	return text
}

// Hint is the next step.
func (e *CompanionError) Hint() string { return e.Next }

// Unwrap returns the cause, nil where there is none.
func (e *CompanionError) Unwrap() error { return e.Err }

// findCompanions finds what the subject needs, what that needs, and so on, and
// what the person named.
func (s *Session) findCompanions(ctx context.Context) error {
	list, err := s.api.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		return fmt.Errorf("looking for what %s needs: %w", s.called, err)
	}
	f := &finder{session: s, list: list.Items, found: map[string]*pattern{s.original.ID: s.pattern}}
	if err := f.follow(ctx, s.pattern); err != nil {
		return err
	}
	for _, id := range s.opt.With {
		if _, err := f.add(ctx, needed{id: id}, s.pattern); err != nil {
			return err
		}
	}
	s.adopt(f)
	return nil
}

// adopt takes over what a finder found beyond what was there.
func (s *Session) adopt(f *finder) {
	s.companions = append(s.companions, f.order...)
	s.found = append(s.found, f.notes...)
	s.share()
	s.distinguish()
}

func newPattern(c container.InspectResponse, devices bool) (*pattern, error) {
	spec, err := Prepare(c, devices)
	if err != nil {
		return nil, err
	}
	return &pattern{original: c, spec: spec, called: called(c), joins: map[Namespace]*pattern{}}, nil
}

// called is the service's name, else the container's.
func called(c container.InspectResponse) string {
	if c.Config != nil && c.Config.Labels[labelService] != "" {
		return inspect.Printable(c.Config.Labels[labelService])
	}
	return name(c)
}

// exposesTCP says whether the image or the container declares a TCP port.
func (p *pattern) exposesTCP() bool {
	for port := range p.spec.Config.ExposedPorts {
		if port.Proto() == "tcp" {
			return true
		}
	}
	return false
}

// mostRetries bounds how often a companion starts again by itself.
const mostRetries = 10

// keepTrying lets a companion that is restarted today start again when it
// fails, as long as what it waits for itself is not there yet. Unlike "always"
// this does not outlive a restart of the engine.
func (p *pattern) keepTrying() {
	if was := p.original.HostConfig.RestartPolicy; !was.IsNone() && was.Name != "" {
		p.spec.HostConfig.RestartPolicy = container.RestartPolicy{Name: container.RestartPolicyOnFailure, MaximumRetryCount: mostRetries}
	}
}

// patterns are the subject and its companions.
func (s *Session) patterns() []*pattern { return append([]*pattern{s.pattern}, s.companions...) }

// distinguish lets every name mean one container, the subject's and the earlier
// companion's first.
func (s *Session) distinguish() {
	taken := map[string]*pattern{}
	for _, p := range s.patterns() {
		p.spec.Aliases = slices.DeleteFunc(p.spec.Aliases, func(a string) bool {
			by := taken[a]
			taken[a] = p
			if by == nil || by == p {
				return by != nil
			}
			taken[a] = by
			s.found = append(s.found, fmt.Sprintf("In the copies %s means %s; %s is not reached under this name.", inspect.Printable(a), by.called, p.called))
			return true
		})
	}
}
