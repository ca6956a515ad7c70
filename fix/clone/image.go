package clone

import (
	"archive/tar"
	"context"
	"sync"
)

// image is the root filesystem of the subject's image, read from a container
// that is made once for a session and never started. What was read is
// remembered: the image does not change, and the engine takes its time.
type image struct {
	session *Session

	mu      sync.Mutex
	root    *rootfs
	stats   map[string]entry
	headers map[string]*tar.Header
	listed  map[string][]listing
}

// listing is one thing below a directory.
type listing struct {
	at string
	h  *tar.Header
}

func newImage(s *Session) *image {
	return &image{session: s, stats: map[string]entry{}, headers: map[string]*tar.Header{}, listed: map[string][]listing{}}
}

func (i *image) stat(ctx context.Context, name string) (entry, error) {
	return remembered(ctx, i, i.stats, name, rootfs.stat)
}

func (i *image) header(ctx context.Context, name string) (*tar.Header, error) {
	return remembered(ctx, i, i.headers, name, rootfs.header)
}

// mostListed is more than anybody wants to see of a directory.
const mostListed = mostHidden + mostDirectories

func (i *image) below(ctx context.Context, dir string, visit func(at string, h *tar.Header) bool) error {
	all, err := remembered(ctx, i, i.listed, dir, list)
	for _, l := range all {
		if !visit(l.at, l.h) {
			break
		}
	}
	return err
}

// list reads the beginning of what lies below a directory.
func list(root rootfs, ctx context.Context, dir string) (all []listing, err error) {
	err = root.below(ctx, dir, func(at string, h *tar.Header) bool {
		all = append(all, listing{at, h})
		return len(all) < mostListed
	})
	return all, err
}

// remembered reads what is not in the table yet.
func remembered[T any](ctx context.Context, i *image, table map[string]T, name string, read func(rootfs, context.Context, string) (T, error)) (T, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	found, known := table[name]
	if known {
		return found, nil
	}
	if i.root == nil {
		p, err := i.session.pristine(ctx)
		if err != nil {
			return found, err
		}
		root := p.rootfs()
		i.root = &root
	}
	found, err := read(*i.root, ctx, name)
	if err == nil {
		table[name] = found
	}
	return found, err
}
