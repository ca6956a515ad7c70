package clone

import (
	"archive/tar"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// Bounds on what is told of a directory.
const (
	mostHidden      = 3
	mostDirectories = 32
	mostLinks       = 16
)

// survey tells what a mount on a directory has to be like and would hide: h is
// the directory's own header.
func survey(ctx context.Context, image tree, dir string, h *tar.Header) (health.Place, error) {
	place := placeOf(dir, h)
	err := image.below(ctx, dir, func(at string, h *tar.Header) bool {
		if h.Typeflag == tar.TypeDir {
			place.Directories = append(place.Directories, placeOf(at, h))
		} else {
			place.Hides = append(place.Hides, at)
		}
		return len(place.Hides) < mostHidden && len(place.Directories) < mostDirectories
	})
	// A directory with files in it is not one that an empty mount can stand in for.
	place.Directories = slices.DeleteFunc(place.Directories, func(d health.Place) bool {
		return slices.ContainsFunc(place.Hides, func(file string) bool { return strings.HasPrefix(file, d.Path+"/") })
	})
	return place, err
}

func placeOf(dir string, h *tar.Header) health.Place {
	return health.Place{Path: dir, UID: h.Uid, GID: h.Gid, Mode: uint32(h.Mode) & 0o7777}
}

// Survey says what a mount on the directory that holds the path would have to
// be like, by the image. The path is as a log wrote it, and may not exist.
func (r Runner) Survey(ctx context.Context, at string) (trial.Survey, error) {
	return surveyFor(ctx, r.Session.image, at)
}

// surveyFor finds the directory to mount on for a path: itself where it is one,
// else the one that holds it.
func surveyFor(ctx context.Context, image tree, at string) (trial.Survey, error) {
	dir, kind, err := resolve(ctx, image, at)
	if err != nil {
		return trial.Survey{}, err
	}
	if kind != tar.TypeDir {
		if dir, kind, err = resolve(ctx, image, path.Dir(dir)); err != nil {
			return trial.Survey{}, err
		}
	}
	switch {
	case kind != tar.TypeDir:
		return trial.Survey{Obstacle: fmt.Sprintf("The image has no directory for %s.", inspect.Printable(at))}, nil
	case slices.Contains(fixed, dir):
		return trial.Survey{Obstacle: fmt.Sprintf("It wants to write into %s, which nothing must cover.", dir)}, nil
	}
	h, err := image.header(ctx, dir)
	if err != nil || h == nil {
		return trial.Survey{}, err
	}
	place, err := survey(ctx, image, dir, h)
	return trial.Survey{Place: place}, err
}

// resolve follows the links of the image on the way to a path, and says what is
// there: 0 where the path does not exist.
func resolve(ctx context.Context, image tree, at string) (string, byte, error) {
	at = path.Clean("/" + at)
	for range mostLinks {
		next, kind, err := firstLink(ctx, image, at)
		if err != nil || next == "" {
			return at, kind, err
		}
		at = next
	}
	return at, 0, nil
}

// firstLink looks for the first component that is a link, and returns the path
// with the link followed; "" where there is none, with what is at the path.
func firstLink(ctx context.Context, image tree, at string) (string, byte, error) {
	last := entry{kind: tar.TypeDir}
	walked := "/"
	parts := strings.Split(strings.Trim(at, "/"), "/")
	for i, part := range parts {
		walked = path.Join(walked, part)
		is, err := image.stat(ctx, walked)
		if err != nil || is.kind == 0 {
			return "", 0, err
		}
		if is.kind == tar.TypeSymlink {
			return path.Join(append([]string{is.target}, parts[i+1:]...)...), is.kind, nil
		}
		last = is
	}
	return "", last.kind, nil
}

// Loosen makes the isolation one notch looser; see Session.Loosen.
func (r Runner) Loosen(ctx context.Context) (string, error) {
	said, _, err := r.Session.Loosen(ctx)
	return said, err
}
