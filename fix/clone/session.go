package clone

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"bulkhead/fix/owner"
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
	// CopyVolumes fills the copies' volumes with what the originals' hold,
	// instead of starting fresh.
	CopyVolumes bool
	// Needs are, by service of the original's project, what the Compose files
	// say that it needs. Services that are not in it are taken by the labels of
	// their containers.
	Needs map[string][]Need
	// With are the IDs of further containers that are cloned together with it.
	With []string
	// Devices lets copies use the devices of the engine's host that their
	// originals use.
	Devices bool
	// MayLeave lets Loosen give the copies a way out as its last notch.
	MayLeave bool
	// Patience bounds the wait for one companion; 0 means two minutes.
	Patience time.Duration
}

// patience is how long one companion may take.
func (o Options) patience() time.Duration {
	if o.Patience > 0 {
		return o.Patience
	}
	return 2 * time.Minute
}

// Session makes copies of one container, each with copies of its companions,
// and owns everything they leave.
type Session struct {
	*pattern   // the subject
	engine     *engine.Engine
	api        *client.Client
	companions []*pattern // in the order in which they start
	opt        Options
	id         string
	labels     map[string]string
	bounds     bounds

	// found and loosened are what was noticed and done, a sentence each.
	found, loosened []string
	// data and layers are what copied mounts hold, by their source.
	data    map[string]*os.File
	layers  map[string]layer
	overlay *bool // whether the engine mounts overlay volumes; nil before it was tried
	// theirs are the person's own volumes, by the names of those that stand in
	// for them.
	theirs map[string]string

	image *image // the subject's

	mu       sync.Mutex
	networks []string // idle, one is lent to each running copy
	count    int
}

// The labels on everything a session creates.
const (
	LabelSession = "bulkhead.session"
	LabelOwner   = "bulkhead.owner"
	LabelOf      = "bulkhead.clone-of"
)

// Open prepares copies of the container with the ID and of what it needs beside
// it, and reads what of their mounts the copies get a copy of. The error may be
// a *BlockedError or a *CompanionError.
func Open(ctx context.Context, e *engine.Engine, id string, opt Options) (*Session, error) {
	s, err := newSession(e, opt)
	if err != nil {
		return nil, err
	}
	return s, s.closeOn(ctx, s.open(ctx, e, id))
}

func newSession(e *engine.Engine, opt Options) (*Session, error) {
	key := make([]byte, 5)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("making a session name: %w", err)
	}
	id := hex.EncodeToString(key)
	s := &Session{
		engine: e, api: e.API, opt: opt, id: id, labels: map[string]string{LabelSession: id, LabelOwner: owner.Self()},
		data: map[string]*os.File{}, layers: map[string]layer{},
	}
	s.image = newImage(s)
	return s, nil
}

// closeOn takes away what a session made where it could not be opened.
func (s *Session) closeOn(ctx context.Context, err error) error {
	if err != nil {
		err = errors.Join(err, s.Close(ctx))
	}
	return err
}

func (s *Session) open(ctx context.Context, e *engine.Engine, id string) error {
	original, _, err := e.Inspect(ctx, id)
	if err != nil {
		return err
	}
	if s.pattern, err = newPattern(original, s.opt.Devices); err != nil {
		return err
	}
	s.labels[LabelOf] = original.ID
	if s.bounds, err = boundsOf(ctx, s.api); err != nil {
		return err
	}
	if err := s.findCompanions(ctx); err != nil {
		return err
	}
	return s.snapshot(ctx)
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

// uncut is for calls that create something: cut off in the middle, the engine
// would finish them after everything was removed. They take a moment.
func uncut(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
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
