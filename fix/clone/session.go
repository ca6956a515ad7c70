package clone

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine"
)

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// Isolation is how much of the world a copy can reach.
type Isolation int

// The notches of isolation, the tightest first.
const (
	// Sealed: a network without a way out.
	Sealed Isolation = iota
	// Published: the copy's exposed ports on random ports of loopback, for
	// exercises where the engine is not on this machine. Needs a way out.
	Published
	// Egress: a network with a way out, because the person said so.
	Egress
)

// Options say how to copy.
type Options struct {
	Isolation Isolation
	// HelperImage is the image of the probe helper, "" where none can run in
	// the engine; health then rests on the healthcheck and on staying up.
	HelperImage string
	// CopyVolumes fills the copies' volumes with what the original's hold,
	// instead of starting fresh.
	CopyVolumes bool
}

// Session makes copies of one container and owns everything they leave.
type Session struct {
	api      *client.Client
	original container.InspectResponse
	spec     Spec
	opt      Options
	id       string
	labels   map[string]string

	mu       sync.Mutex
	networks []string // idle, one is lent to each running copy
	count    int
	data     map[string]*os.File // snapshots of mounts, by target
}

// The labels on everything a session creates.
const (
	LabelSession = "bulkhead.session"
	LabelOwner   = "bulkhead.owner"
	LabelOf      = "bulkhead.clone-of"
)

// Open prepares copies of the container with the ID, and reads what of its
// mounts they get a copy of. Nothing is created on the engine yet. The error
// may be a *BlockedError.
func Open(ctx context.Context, e *engine.Engine, id string, opt Options) (*Session, error) {
	original, _, err := e.Inspect(ctx, id)
	if err != nil {
		return nil, err
	}
	spec, err := Prepare(original)
	if err != nil {
		return nil, err
	}
	key := make([]byte, 5)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("making a session name: %w", err)
	}
	id = hex.EncodeToString(key)
	s := &Session{
		api: e.API, original: original, spec: spec, opt: opt, id: id, data: map[string]*os.File{},
		labels: map[string]string{LabelSession: id, LabelOwner: self(), LabelOf: original.ID},
	}
	if err := s.snapshot(ctx); err != nil {
		s.forget()
		return nil, err
	}
	return s, nil
}

// Notes say what the copies do not share with the original, and how they are
// isolated.
func (s *Session) Notes() []string {
	notes := slices.Clone(s.spec.Notes)
	switch s.opt.Isolation {
	case Sealed:
		notes = append(notes, "The copy runs in a network of its own without a way out.")
	case Published:
		notes = append(notes, "The copy runs in a network of its own; its ports are published on loopback for the exercises, so it can reach the outside.")
	case Egress:
		notes = append(notes, "The copy runs in a network of its own and can reach the outside, as you asked.")
	}
	for _, st := range s.spec.Storage {
		switch {
		case st.Bind:
			notes = append(notes, fmt.Sprintf("%s is a bounded copy of the bind mount; yours is not written.", st.Target))
		case s.opt.CopyVolumes:
			notes = append(notes, fmt.Sprintf("%s is a bounded copy of the volume; yours is not written.", st.Target))
		default:
			notes = append(notes, fmt.Sprintf("%s is a fresh volume; yours is not touched.", st.Target))
		}
	}
	return notes
}

// resourceName names the n-th thing of its kind in the session.
func (s *Session) resourceName(kind string, n int) string {
	return fmt.Sprintf("bulkhead-%s-%s%d", s.id, kind, n)
}

// next counts the session's copies from 1.
func (s *Session) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	return s.count
}

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
		return "", fmt.Errorf("creating the isolated network: %w", err)
	}
	return name, nil
}

// uncut is for calls that create something: cut off in the middle, the engine
// would finish them after everything was removed. They take a moment.
func uncut(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
}

func (s *Session) giveBack(network string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.networks = append(s.networks, network)
}

// Close removes everything the session created. It does its work even when
// ctx is already cancelled, within a minute, and says what it could not remove.
func (s *Session) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	s.forget()
	_, err := removeUntilNone(ctx, s.api, func(labels map[string]string) bool { return labels[LabelSession] == s.id })
	if err != nil {
		return errors.Join(errors.New("cleaning up after the trials"), err)
	}
	return nil
}
