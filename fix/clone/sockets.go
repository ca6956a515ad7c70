package clone

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
)

// closeSockets takes away shared bind mounts that are a socket, or that lead to
// an engine's by a link: their names do not tell. Through a read-only mount a
// socket can be spoken to as well.
func (s *Session) closeSockets(ctx context.Context, p *pattern) error {
	var kept []mount.Mount
	for _, m := range p.spec.HostConfig.Mounts {
		leads, err := s.leadsToSocket(ctx, p, m)
		if err != nil {
			return err
		}
		if leads {
			p.spec.leaveOut(m.Source, m.Target, "leads to a socket of the host")
			continue
		}
		kept = append(kept, m)
	}
	p.spec.HostConfig.Mounts = slices.Clip(kept)
	return nil
}

func (s *Session) leadsToSocket(ctx context.Context, p *pattern, m mount.Mount) (bool, error) {
	if m.Type != mount.TypeBind {
		return false, nil
	}
	if inspect.LeadsToEngine(s.engine.Resolve(ctx, m.Source)) {
		return true, nil
	}
	stat, err := s.api.ContainerStatPath(ctx, p.original.ID, client.ContainerStatPathOptions{Path: m.Target})
	if err != nil {
		return false, fmt.Errorf("looking at the mount on %s: %w", inspect.Printable(m.Target), explain(err))
	}
	return stat.Stat.Mode&os.ModeSocket != 0, nil
}
