package clone

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/volume"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
)

// layer is a volume of the person's that copies see under a layer of their own,
// which takes what they write.
type layer struct {
	// dir is the volume's directory on the engine's host.
	dir string
	// top is the archive header of that directory: overlayfs shows the upper
	// directory's owner and mode (kernel, Documentation/filesystems/overlayfs.rst).
	top tar.Header
}

// holdVolume makes sure that the content of a volume is there for the copies.
// One that nobody writes meanwhile is put under a layer, which takes no time and
// no space. One in use is copied, because overlayfs does not define what is seen
// of a lower directory that changes; only where it is too large for that, a
// layer is taken all the same, which is said.
func (s *Session) holdVolume(ctx context.Context, p *pattern, st Storage) error {
	from, done, err := s.entrance(ctx, p, st)
	if err != nil || from.container == "" {
		return err
	}
	defer func() { _ = done() }()
	by, err := s.usedBy(ctx, s.theirVolume(st))
	if err != nil {
		return err
	}
	if by == "" {
		layered, err := s.putUnder(ctx, from, st)
		if layered || err != nil {
			return err
		}
	}
	err = s.holdCopy(ctx, from, p, st)
	if errors.Is(err, errTooLarge) {
		if layered, layerErr := s.putUnder(ctx, from, st); layerErr != nil || !layered {
			return errors.Join(err, layerErr)
		}
		s.found = append(s.found, fmt.Sprintf("%s is too large to be copied and is in use by %s: what the copies see of it may change under them.", s.within(p, st.Target), by))
		return nil
	}
	if err == nil && by != "" {
		s.found = append(s.found, fmt.Sprintf("%s was in use by %s while it was copied: the copies have it as it stood.", s.within(p, st.Target), by))
	}
	return err
}

// theirVolume is the name of the person's own volume, "" where only a stand-in
// for one that is not there yet is in the original.
func (s *Session) theirVolume(st Storage) string {
	if s.theirs == nil {
		return st.Source
	}
	return s.theirs[st.Source]
}

// entrance is where the content of the person's volume can be read: in the
// original, or in a container that is never started where only a stand-in of
// the volume is in the original. It is nowhere where the person has no such
// volume yet.
func (s *Session) entrance(ctx context.Context, p *pattern, st Storage) (place, func() error, error) {
	nothing := func() error { return nil }
	if s.theirs == nil {
		return place{p.original.ID, st.Target}, nothing, nil
	}
	own := s.theirVolume(st)
	if own == "" {
		return place{}, nothing, nil
	}
	window, err := s.pristine(ctx, mount.Mount{
		Type: mount.TypeVolume, Source: own, Target: insideAt, ReadOnly: true, VolumeOptions: &mount.VolumeOptions{NoCopy: true},
	})
	if err != nil {
		return place{}, nothing, err
	}
	return place{window.id, insideAt}, func() error { return window.remove(ctx) }, nil
}

// usedBy names a running container that can write the volume, "" where there is
// none.
func (s *Session) usedBy(ctx context.Context, volume string) (string, error) {
	list, err := s.api.ContainerList(ctx, client.ContainerListOptions{Filters: client.Filters{}.Add("volume", volume).Add("status", "running", "paused")})
	if err != nil {
		return "", fmt.Errorf("asking who uses the volume %s: %w", inspect.Printable(volume), err)
	}
	for _, c := range list.Items {
		for _, m := range c.Mounts {
			if m.Name == volume && m.RW {
				return summaryName(c), nil
			}
		}
	}
	return "", nil
}

func summaryName(c container.Summary) string {
	if len(c.Names) == 0 {
		return c.ID[:min(12, len(c.ID))]
	}
	return inspect.Printable(strings.TrimPrefix(c.Names[0], "/"))
}

// putUnder remembers the volume as one to put a layer on; it says whether that
// is possible.
func (s *Session) putUnder(ctx context.Context, from place, st Storage) (bool, error) {
	found, err := s.api.VolumeInspect(ctx, s.theirVolume(st), client.VolumeInspectOptions{})
	if err != nil {
		return false, fmt.Errorf("looking at the volume on %s: %w", inspect.Printable(st.Target), err)
	}
	v := found.Volume
	// What has options of its own is mounted only while it is used.
	if v.Driver != "local" || len(v.Options) > 0 || strings.ContainsAny(v.Mountpoint, `:,\`) || !s.mountsLayers(ctx) {
		return false, ctx.Err()
	}
	top, err := s.rootfs(from.container).header(ctx, from.path)
	if err != nil || top == nil {
		return false, err
	}
	s.layers[st.Source] = layer{dir: v.Mountpoint, top: *top}
	return true, nil
}

// mountsLayers tries once whether the engine mounts an overlay volume.
func (s *Session) mountsLayers(ctx context.Context) bool {
	if s.overlay == nil {
		err := s.tryLayer(ctx)
		works := err == nil
		if !works && ctx.Err() == nil {
			s.found = append(s.found, fmt.Sprintf("This engine mounts no overlay volumes, so that volumes are copied, up to %d MB each: %s.",
				largestCopy>>20, inspect.Truncate(inspect.Printable(err.Error()), 200)))
		}
		s.overlay = &works
	}
	return *s.overlay
}

// tryLayer puts a layer on an empty volume and looks into it, which mounts it.
func (s *Session) tryLayer(ctx context.Context) (err error) {
	lower := s.resourceName("try", s.next())
	made, err := s.createVolume(ctx, lower, nil)
	if err != nil {
		return err
	}
	names := []string{lower}
	defer func() { err = errors.Join(err, s.removeVolumes(ctx, names)) }()
	layered, err := s.createLayer(ctx, lower+"-vol", layer{dir: made.Mountpoint, top: tar.Header{Mode: 0o755}})
	names = append(layered, names...)
	if err != nil {
		return err
	}
	window, err := s.pristine(ctx, mount.Mount{
		Type: mount.TypeVolume, Source: layered[0], Target: insideAt, VolumeOptions: &mount.VolumeOptions{NoCopy: true},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(window.remove(ctx), err) }()
	_, err = s.api.ContainerStatPath(ctx, window.id, client.ContainerStatPathOptions{Path: insideAt})
	return err
}

// createLayer makes a volume of the name that shows the lower one and keeps what
// is written to another one. It returns the names of all it made, also where it
// fails, the first being the one to mount.
func (s *Session) createLayer(ctx context.Context, name string, l layer) (names []string, err error) {
	upper := name + "-upper"
	made, err := s.createVolume(ctx, upper, nil)
	if err != nil {
		return nil, err
	}
	archive, err := layerDirectories(l.top)
	if err != nil {
		return []string{upper}, err
	}
	if err := s.writeInto(ctx, upper, bytes.NewReader(archive)); err != nil {
		return []string{upper}, err
	}
	options := map[string]string{
		"type": "overlay", "device": "overlay",
		"o": fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%[2]s/work", l.dir, made.Mountpoint),
	}
	if _, err := s.createVolume(ctx, name, options); err != nil {
		return []string{upper}, err
	}
	return []string{name, upper}, nil
}

// layerDirectories is an archive of the two directories that overlayfs wants,
// the upper one like the top of the lower.
func layerDirectories(top tar.Header) ([]byte, error) {
	var buf bytes.Buffer
	out := tar.NewWriter(&buf)
	for _, h := range []tar.Header{
		{Typeflag: tar.TypeDir, Name: "upper/", Mode: top.Mode, Uid: top.Uid, Gid: top.Gid},
		{Typeflag: tar.TypeDir, Name: "work/", Mode: 0o700},
	} {
		if err := out.WriteHeader(&h); err != nil {
			return nil, err
		}
	}
	return buf.Bytes(), out.Close()
}

// createVolume makes a volume of the session's.
func (s *Session) createVolume(ctx context.Context, name string, options map[string]string) (volume.Volume, error) {
	ctx, cancel := uncut(ctx)
	defer cancel()
	made, err := s.api.VolumeCreate(ctx, client.VolumeCreateOptions{Name: name, Labels: s.labels, DriverOpts: options})
	if err != nil {
		return volume.Volume{}, fmt.Errorf("creating the volume %s: %w", name, explain(err))
	}
	return made.Volume, nil
}
