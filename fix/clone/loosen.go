package clone

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
)

// mostPeers bounds how many neighbours Loosen brings along: more than that is
// a whole machine, not what one service needs.
const mostPeers = 12

// Loosen makes the isolation of the next copies one notch looser, and returns a
// sentence that tells the person how: the volumes are copied instead of fresh;
// then the running containers on the original's networks come along; then, only
// with Options.MayLeave, the copies get a way out. more is false, and nothing
// was changed, where it can or may go no further. No copy may be running.
func (s *Session) Loosen(ctx context.Context) (said string, more bool, err error) {
	for _, notch := range []func(context.Context) (string, error){s.loosenVolumes, s.loosenPeers, s.loosenNetwork} {
		said, err := notch(ctx)
		if err != nil {
			return "", false, fmt.Errorf("loosening the isolation: %w", err)
		}
		if said != "" {
			s.loosened = append(s.loosened, said)
			return said, true, nil
		}
	}
	return "", false, nil
}

// loosenVolumes lets the copies start with what the originals' volumes hold.
func (s *Session) loosenVolumes(ctx context.Context) (string, error) {
	var targets []string
	for _, p := range s.patterns() {
		for _, st := range p.spec.Storage {
			if !st.Bind && !s.opt.CopyVolumes && s.theirVolume(st) != "" {
				targets = append(targets, s.within(p, st.Target))
			}
		}
	}
	if len(targets) == 0 {
		return "", nil
	}
	s.opt.CopyVolumes = true
	if err := s.snapshot(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("With fresh volumes it did not work. From now on the copies start with copies of what yours hold: %s.", strings.Join(targets, ", ")), nil
}

// loosenPeers brings along the running containers that share a network with the
// original.
func (s *Session) loosenPeers(ctx context.Context) (string, error) {
	list, err := s.api.ContainerList(ctx, client.ContainerListOptions{})
	if err != nil {
		return "", err
	}
	f := &finder{session: s, list: list.Items, found: map[string]*pattern{}}
	for _, p := range s.patterns() {
		f.found[p.original.ID] = p
	}
	ids := s.peers(f)
	if len(ids) > mostPeers {
		s.found = append(s.found, fmt.Sprintf("%d containers share a network with it, which are too many to bring along. Name those that it needs.", len(ids)))
		return "", nil
	}
	for _, id := range ids {
		_, err := f.add(ctx, needed{id: id, optional: true}, s.pattern)
		var without *CompanionError
		if errors.As(err, &without) {
			f.note("A neighbour stays away: %s", err)
		} else if err != nil {
			return "", err
		}
	}
	if len(f.order) == 0 {
		return "", nil
	}
	s.adopt(f)
	var names []string
	for _, p := range f.order {
		names = append(names, p.called)
	}
	return fmt.Sprintf("Alone it did not work. From now on copies of its neighbours run beside every copy: %s.", strings.Join(names, ", ")), s.snapshot(ctx)
}

// peers are the IDs of running containers on the original's own networks that
// are neither included already nor replicas of what is, nor bulkhead's.
func (s *Session) peers(f *finder) []string {
	networks := ownNetworks(s.original)
	included := map[string]bool{}
	for _, p := range s.patterns() {
		included[serviceKey(p.original.Config.Labels)] = true
	}
	delete(included, "")
	var ids []string
	for _, c := range f.list {
		if f.found[c.ID] != nil || c.Labels[LabelSession] != "" || included[serviceKey(c.Labels)] || c.NetworkSettings == nil {
			continue
		}
		for network := range c.NetworkSettings.Networks {
			if slices.Contains(networks, network) && !slices.Contains(ids, c.ID) {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}

func serviceKey(labels map[string]string) string {
	if labels[labelProject] == "" || labels[labelService] == "" {
		return ""
	}
	return labels[labelProject] + "/" + labels[labelService]
}

// ownNetworks are the networks on which others know the original by name, which
// they do not on the default bridge.
func ownNetworks(c container.InspectResponse) []string {
	if c.NetworkSettings == nil {
		return nil
	}
	var names []string
	for network := range c.NetworkSettings.Networks {
		if container.NetworkMode(network).IsUserDefined() {
			names = append(names, network)
		}
	}
	return names
}

// loosenNetwork gives the next copies a network with a way out.
func (s *Session) loosenNetwork(ctx context.Context) (string, error) {
	if !s.opt.MayLeave || s.opt.Isolation != Sealed || s.original.HostConfig.NetworkMode.IsNone() {
		return "", nil
	}
	if err := s.dropNetworks(ctx); err != nil {
		return "", err
	}
	s.opt.Isolation = Egress
	return "Without a way out it did not work. From now on the copies can reach the outside, as you allowed.", nil
}

// within names a path of one of the containers; the subject's goes without a
// name.
func (s *Session) within(p *pattern, target string) string {
	if p == s.pattern {
		return inspect.Printable(target)
	}
	return p.called + " " + inspect.Printable(target)
}
