package clone

import (
	"context"
	"errors"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// borrow lends a network that no other copy uses: two copies with the same
// alias must not meet.
func (s *Session) borrow(ctx context.Context) (string, error) {
	s.mu.Lock()
	if n := len(s.networks); n > 0 {
		name := s.networks[n-1]
		s.networks = s.networks[:n-1]
		s.mu.Unlock()
		return name, nil
	}
	s.mu.Unlock()
	name := s.resourceName("net", s.next())
	ctx, cancel := uncut(ctx)
	defer cancel()
	_, err := s.api.NetworkCreate(ctx, name, client.NetworkCreateOptions{
		Driver: "bridge", Internal: s.opt.Isolation == Sealed, Labels: s.labels,
	})
	if err != nil {
		return "", fmt.Errorf("creating the isolated network: %w", explain(err))
	}
	return name, nil
}

func (s *Session) giveBack(network string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.networks = append(s.networks, network)
}

// dropNetworks removes the idle networks, so that the next ones are made anew.
func (s *Session) dropNetworks(ctx context.Context) error {
	s.mu.Lock()
	idle := s.networks
	s.networks = nil
	s.mu.Unlock()
	var problems []error
	for _, n := range idle {
		if _, err := s.api.NetworkRemove(ctx, n, client.NetworkRemoveOptions{}); err != nil && !errdefs.IsNotFound(err) {
			problems = append(problems, fmt.Errorf("removing the network %s: %w", n, err))
		}
	}
	return errors.Join(problems...)
}
