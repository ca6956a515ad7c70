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

	mu       sync.Mutex
	root     *rootfs
	stats    map[string]entry
	archives map[string]archived
}

// archived is how the archive of a path begins: with the path itself, and, where
// it is a directory, some of what lies below it.
type archived struct {
	header *tar.Header // nil where there is nothing
	below  []listing
}

// listing is one thing below a directory.
type listing struct {
	at string
	h  *tar.Header
}

func newImage(s *Session) *image {
	return &image{session: s, stats: map[string]entry{}, archives: map[string]archived{}}
}

func (i *image) stat(ctx context.Context, name string) (entry, error) {
	return remembered(ctx, i, i.stats, name, rootfs.stat)
}

func (i *image) header(ctx context.Context, name string) (*tar.Header, error) {
	a, err := remembered(ctx, i, i.archives, name, beginning)
	return a.header, err
}

// mostListed is more than anybody wants to see of a directory.
const mostListed = mostHidden + mostDirectories

func (i *image) below(ctx context.Context, dir string, visit func(at string, h *tar.Header) bool) error {
	a, err := remembered(ctx, i, i.archives, dir, beginning)
	for _, l := range a.below {
		if !visit(l.at, l.h) {
			break
		}
	}
	return err
}

// beginning reads an archive as far as anybody wants to know: the engine takes
// long to begin one.
func beginning(root rootfs, ctx context.Context, name string) (a archived, err error) {
	err = root.walk(ctx, name, func(h *tar.Header) bool {
		if a.header == nil {
			a.header = h
		} else if at, ok := within(name, h); ok {
			a.below = append(a.below, listing{at, h})
		}
		return a.header.Typeflag == tar.TypeDir && len(a.below) < mostListed
	})
	return a, err
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
