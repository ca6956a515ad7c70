package clone

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// mostWrites bounds how many changed paths are looked at; a service that
// scatters more over its root filesystem is told so.
const mostWrites = 500

// written asks the engine what the copy changed in its root filesystem, and
// works out where a tmpfs would take it. A tmpfs hides what the image has in a
// directory, so the owner and mode are those of the image, read from a
// container that is never started.
func (c *copied) written(ctx context.Context) (health.Written, error) {
	diff, err := c.session.api.ContainerDiff(ctx, c.id, client.ContainerDiffOptions{})
	if err != nil {
		return health.Written{}, fmt.Errorf("asking what the copy wrote: %w", err)
	}
	if len(diff.Changes) > mostWrites {
		return health.Written{Obstacles: []string{fmt.Sprintf("It changes %d paths of its root filesystem.", len(diff.Changes))}}, nil
	}
	if len(diff.Changes) == 0 {
		return health.Written{}, nil
	}
	targets, err := c.mountPoints(ctx)
	if err != nil {
		return health.Written{}, err
	}
	w := writes{after: c.rootfs(), before: c.session.image}
	return w.sort(ctx, diff.Changes, targets)
}

// dockerInit is where the engine mounts the init that it adds to a container
// (moby daemon/oci_linux.go, inContainerInitPath).
const dockerInit = "/sbin/docker-init"

// mountPoints are what is mounted in the copy and where it really lies.
func (c *copied) mountPoints(ctx context.Context) ([]string, error) {
	return mountPoints(ctx, c.session.image, slices.Concat(c.session.spec.targets(), c.watch.targets(), []string{dockerInit}))
}

// mountPoints are the targets and, where the image has links on the way to them,
// where these lead: what is said of writes names the real path.
func mountPoints(ctx context.Context, image tree, targets []string) ([]string, error) {
	all := slices.Clone(targets)
	for _, target := range targets {
		real, _, err := resolve(ctx, image, target)
		if err != nil {
			return nil, err
		}
		if real != target {
			all = append(all, real)
		}
	}
	return all, nil
}

// pristine creates a container of the same image that is never started.
func (s *Session) pristine(ctx context.Context, mounts ...mount.Mount) (*copied, error) {
	p := &copied{session: s, name: s.resourceName("pristine", s.next()), log: &logbook{}}
	config := container.Config{Image: s.spec.Config.Image, Labels: s.labels, Cmd: []string{"/"}, Entrypoint: []string{}}
	creating, cancel := uncut(ctx)
	defer cancel()
	created, err := s.api.ContainerCreate(creating, client.ContainerCreateOptions{
		Name: p.name, Config: &config, HostConfig: &container.HostConfig{NetworkMode: "none", LogConfig: logLimits, Mounts: mounts},
	})
	if err != nil {
		return nil, fmt.Errorf("looking at the image of %s: %w", name(s.original), explain(err))
	}
	p.id = created.ID
	return p, nil
}

// rootfs reads the filesystem of a container, running or not.
func (c *copied) rootfs() rootfs { return c.session.rootfs(c.id) }

func (s *Session) rootfs(id string) rootfs { return rootfs{s.api, id, s.engine.Host.Remap} }

type rootfs struct {
	api   *client.Client
	id    string
	remap inspect.Remap
}

// stat looks at a path. It asks for no content, which is by far the quickest the
// engine can be asked.
func (r rootfs) stat(ctx context.Context, name string) (entry, error) {
	found, err := r.api.ContainerStatPath(ctx, r.id, client.ContainerStatPathOptions{Path: name})
	switch {
	case errdefs.IsNotFound(err):
		return entry{}, nil
	case err != nil:
		return entry{}, fmt.Errorf("looking at %s of the copy: %w", inspect.Printable(name), err)
	case found.Stat.Mode.IsRegular():
		return entry{kind: tar.TypeReg}, nil
	case found.Stat.Mode.IsDir():
		return entry{kind: tar.TypeDir}, nil
	case found.Stat.Mode&fs.ModeSymlink != 0:
		return entry{kind: tar.TypeSymlink, target: found.Stat.LinkTarget}, nil
	}
	return entry{kind: tar.TypeChar}, nil
}

// header returns the archive header of the path, nil where it does not exist.
func (r rootfs) header(ctx context.Context, name string) (*tar.Header, error) {
	var first *tar.Header
	err := r.walk(ctx, name, func(h *tar.Header) bool { first = h; return false })
	return first, err
}

// file is the path of the regular file that the path leads to, "" where it
// leads to none.
func (r rootfs) file(ctx context.Context, name string) (string, error) {
	for range mostLinks {
		found, err := r.stat(ctx, name)
		switch {
		case err != nil:
			return "", err
		case found.kind == tar.TypeReg:
			return name, nil
		case found.kind != tar.TypeSymlink || found.target == name:
			return "", nil
		}
		name = found.target
	}
	return "", nil
}

// below returns what lies below a directory, by its path, until the visitor has
// seen enough.
func (r rootfs) below(ctx context.Context, dir string, visit func(at string, h *tar.Header) bool) error {
	return r.walk(ctx, dir, func(h *tar.Header) bool {
		at, below := within(dir, h)
		return !below || visit(at, h)
	})
}

// within is the path of an entry of a directory's archive, unless it is the
// directory itself.
func within(dir string, h *tar.Header) (at string, below bool) {
	_, rest, _ := strings.Cut(strings.Trim(h.Name, "/"), "/")
	return path.Join(dir, rest), rest != ""
}

// walk reads the archive of a path until the visitor has seen enough. A path
// that does not exist has no entries.
func (r rootfs) walk(ctx context.Context, name string, visit func(*tar.Header) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	result, err := r.api.CopyFromContainer(ctx, r.id, client.CopyFromContainerOptions{SourcePath: name})
	if errdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %s of the copy: %w", inspect.Printable(name), err)
	}
	defer result.Content.Close()
	archive := tar.NewReader(result.Content)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s of the copy: %w", inspect.Printable(name), err)
		}
		h.Uid, h.Gid = r.remap.User(h.Uid), r.remap.Group(h.Gid)
		if !visit(h) {
			return nil
		}
	}
}

// withoutMounts drops what is not the service's doing: what lies on a mount,
// and the mount points that the engine made, with the directories above them.
func withoutMounts(changes []container.FilesystemChange, targets []string) []container.FilesystemChange {
	below := func(p, dir string) bool { return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/") }
	return slices.DeleteFunc(slices.Clone(changes), func(c container.FilesystemChange) bool {
		return slices.ContainsFunc(targets, func(target string) bool {
			return below(c.Path, target) || c.Kind == container.ChangeAdd && below(target, c.Path)
		})
	})
}

// writes sorts the changes of a root filesystem.
type writes struct{ before, after tree }

// tree is a filesystem that can be asked about.
type tree interface {
	stat(ctx context.Context, name string) (entry, error)
	header(ctx context.Context, name string) (*tar.Header, error)
	below(ctx context.Context, dir string, visit func(at string, h *tar.Header) bool) error
}

// entry is what is at a path.
type entry struct {
	// kind is a tar.Type: a regular file, a directory, a link, TypeChar for
	// anything else; 0 where there is nothing.
	kind byte
	// target is the path that a link leads to.
	target string
}

// fixed are directories a tmpfs must not cover: a service that writes there
// changes the image's own files.
var fixed = []string{"/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/opt", "/proc", "/sbin", "/sys", "/usr"}

// sort says what the changes are; targets are the paths that something is
// mounted on.
func (w writes) sort(ctx context.Context, changes []container.FilesystemChange, targets []string) (health.Written, error) {
	var out health.Written
	parents := map[string]bool{}
	for _, c := range changes {
		parents[path.Dir(c.Path)] = true
	}
	changes = withoutMounts(changes, targets)
	added := map[string]bool{}
	for _, c := range changes {
		if c.Kind == container.ChangeAdd {
			added[c.Path] = true
		}
	}
	places, changed := map[string]bool{}, map[string]bool{}
	for _, c := range changes {
		if added[path.Dir(c.Path)] {
			continue // it lies in a directory that is new as a whole
		}
		switch {
		case c.Kind == container.ChangeAdd:
			place, err := w.placeFor(ctx, c.Path, added)
			if err != nil {
				return out, err
			}
			out.Paths = append(out.Paths, inspect.Printable(c.Path))
			places[place] = true
		case c.Kind == container.ChangeModify && parents[c.Path]:
			// A directory that changed because of what is in it.
		case c.Kind == container.ChangeModify:
			is, err := w.after.stat(ctx, c.Path)
			if err != nil {
				return out, err
			}
			out.Paths = append(out.Paths, inspect.Printable(c.Path))
			switch dir := path.Dir(c.Path); {
			case is.kind == tar.TypeDir:
				places[c.Path] = true // its owner or mode was set
			case slices.Contains(fixed, dir):
				out.Obstacles = append(out.Obstacles, fmt.Sprintf("It changes %s, a file of the image.", inspect.Printable(c.Path)))
			default:
				places[dir], changed[dir] = true, true
			}
		case c.Kind == container.ChangeDelete:
			out.Paths = append(out.Paths, inspect.Printable(c.Path))
			if dir := path.Dir(c.Path); slices.Contains(fixed, dir) {
				out.Obstacles = append(out.Obstacles, fmt.Sprintf("It deletes %s, a file of the image.", inspect.Printable(c.Path)))
			} else {
				places[dir], changed[dir] = true, true
			}
		}
	}
	out, err := w.finish(ctx, out, places)
	for i, p := range out.Places {
		out.Places[i].Changes = changedWithin(p.Path, changed)
	}
	return out, err
}

// placeFor is where a tmpfs takes a new path: on the directory it lies in; but
// a new directory may take a tmpfs itself where one on its parent would hide
// something of the image.
func (w writes) placeFor(ctx context.Context, added string, all map[string]bool) (string, error) {
	dir := path.Dir(added)
	is, err := w.after.stat(ctx, added)
	if err != nil || is.kind != tar.TypeDir {
		return dir, err
	}
	if slices.Contains(fixed, dir) {
		return added, nil
	}
	at := dir // the directory itself, where nothing is in it
	err = w.before.below(ctx, dir, func(string, *tar.Header) bool {
		at = added
		return false
	})
	return at, err
}

// finish drops places inside others, refuses those that must not be covered,
// and reads owner and mode of the rest.
func (w writes) finish(ctx context.Context, out health.Written, places map[string]bool) (health.Written, error) {
	for place := range places {
		if covered(place, places) {
			continue
		}
		if slices.Contains(fixed, place) {
			out.Obstacles = append(out.Obstacles, fmt.Sprintf("It writes into %s, which a tmpfs must not cover.", place))
			continue
		}
		h, err := w.before.header(ctx, place)
		if err == nil && h == nil {
			h, err = w.after.header(ctx, place)
		}
		if err != nil {
			return out, err
		}
		if h == nil {
			continue
		}
		found, err := survey(ctx, w.before, place, h)
		if err != nil {
			return out, err
		}
		out.Places = append(out.Places, found)
	}
	slices.SortFunc(out.Places, func(a, b health.Place) int { return strings.Compare(a.Path, b.Path) })
	slices.Sort(out.Paths)
	slices.Sort(out.Obstacles)
	out.Obstacles = slices.Compact(out.Obstacles)
	return out, nil
}

// changedWithin says that the image's own files change in a place or below it.
func changedWithin(place string, changed map[string]bool) bool {
	for dir := range changed {
		if dir == place || strings.HasPrefix(dir, place+"/") {
			return true
		}
	}
	return false
}

// covered says that a place lies below another one.
func covered(place string, places map[string]bool) bool {
	for dir := path.Dir(place); dir != "/" && dir != "."; dir = path.Dir(dir) {
		if places[dir] {
			return true
		}
	}
	return false
}
