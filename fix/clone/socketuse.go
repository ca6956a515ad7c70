package clone

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
)

// socketUse is who of a set has the engine's socket, where, and where that is on
// the engine's host.
type socketUse struct {
	of     *pattern
	engine string
	places []socketPlace
}

// socketPlace is where a copy finds the proxy.
type socketPlace struct {
	SocketMount
	directory bool
}

// mount is the proxy's socket at the place: the file where the original has the
// socket itself, the volume where it has the directory. The file has a path on
// the engine's host, because an engine before API 1.45 cannot mount a part of a
// volume.
func (p socketPlace) mount(volume, mountpoint string) mount.Mount {
	if p.directory {
		return mount.Mount{Type: mount.TypeVolume, Source: volume, Target: p.Target, ReadOnly: true, VolumeOptions: &mount.VolumeOptions{NoCopy: true}}
	}
	return mount.Mount{Type: mount.TypeBind, Source: path.Join(mountpoint, offerName), Target: p.Target, ReadOnly: true}
}

// put lets the copies find the proxy's socket, which the volume holds, at the
// places.
func (u socketUse) put(volume, mountpoint, access string) {
	s := &u.of.spec
	mounts := slices.Clone(s.HostConfig.Mounts)
	for _, p := range u.places {
		mounts = append(mounts, p.mount(volume, mountpoint))
		s.Notes = slices.DeleteFunc(s.Notes, func(note string) bool { return note == p.note })
		note := fmt.Sprintf("On %s the copy has bulkhead's recording proxy, not the engine's socket.", inspect.Printable(p.Target))
		if p.directory {
			note = fmt.Sprintf("On %s the copy has bulkhead's recording proxy as docker.sock, and nothing else of what the original has there.", inspect.Printable(p.Target))
		}
		s.Notes = append(s.Notes, note)
	}
	s.Notes = append(s.Notes, access)
	s.HostConfig.Mounts = mounts
}

// socketUse finds the engine's socket on its host, and where the subject has it,
// or a container that the subject reaches the engine through.
func (s *Session) socketUse(ctx context.Context) (socketUse, error) {
	use, others := s.socketsOf(ctx, s.pattern)
	if len(use.places) > 0 {
		return use, nil
	}
	none := &NoSocketError{Name: s.called, Mounts: others}
	host := dockerHost(s.original)
	if host == nil || len(others) > 0 {
		return use, none
	}
	none.Host = host.Scheme + "://" + host.Host
	through, err := s.answering(ctx, host.Hostname())
	if err != nil || through == nil {
		if err == nil {
			err = none
		}
		return use, err
	}
	if use, _ = s.socketsOf(ctx, through); len(use.places) == 0 {
		return use, none
	}
	s.found = append(s.found, fmt.Sprintf("%s reaches the engine through %s, in the copy, too: what that refuses by itself is not recorded.", s.called, through.called))
	return use, nil
}

// socketsOf finds where the pattern has the engine's socket. others lead to an
// engine and are no place for a proxy.
func (s *Session) socketsOf(ctx context.Context, p *pattern) (use socketUse, others []SocketMount) {
	use.of = p
	for _, m := range p.spec.Sockets {
		mounted := inspect.Mount{Type: inspect.BindMount, Source: m.Source, Resolved: s.engine.Resolve(ctx, m.Source)}
		at, within := mounted.DockerSocket()
		if at == "" {
			if inspect.LeadsToEngine(m.Source) {
				others = append(others, m)
			}
			continue
		}
		if use.engine == "" {
			use.engine = at
		}
		use.places = append(use.places, socketPlace{SocketMount: m, directory: within})
	}
	return use, others
}

// dockerHost is where on a network the container's environment says that the
// engine is, nil for nowhere.
func dockerHost(c container.InspectResponse) *url.URL {
	if c.Config == nil {
		return nil
	}
	for _, v := range slices.Backward(c.Config.Env) {
		if value, ok := strings.CutPrefix(v, inspect.DockerHost+"="); ok {
			u, err := url.Parse(value)
			if err != nil || u.Hostname() == "" {
				return nil
			}
			return u
		}
	}
	return nil
}

// answering is the companion that the subject knows by that name; one that only
// shares a network with it becomes a companion. nil where there is none.
func (s *Session) answering(ctx context.Context, host string) (*pattern, error) {
	for _, p := range s.companions {
		if p.answersTo(host) {
			return p, nil
		}
	}
	list, err := s.api.ContainerList(ctx, client.ContainerListOptions{})
	if err != nil {
		return nil, fmt.Errorf("looking for %s: %w", inspect.Printable(host), explain(err))
	}
	f := &finder{session: s, list: list.Items, found: map[string]*pattern{}}
	for _, p := range s.patterns() {
		f.found[p.original.ID] = p
	}
	ids := s.peers(f)
	for _, id := range ids[:min(len(ids), mostPeers)] {
		found, err := s.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", inspect.Printable(host), explain(err))
		}
		p, err := newPattern(found.Container, s.opt.Devices)
		if err != nil || !p.answersTo(host) {
			continue // what cannot be copied cannot answer
		}
		if p, err = f.add(ctx, needed{id: id}, s.pattern); err != nil {
			return nil, err
		}
		s.adopt(f)
		return p, s.snapshot(ctx)
	}
	return nil, nil
}

// answersTo says whether others know the container by that name.
func (p *pattern) answersTo(host string) bool {
	return strings.TrimPrefix(p.original.Name, "/") == host || slices.Contains(p.spec.Aliases, host)
}
