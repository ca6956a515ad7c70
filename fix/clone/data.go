package clone

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/moby/moby/client"

	"github.com/moby/moby/api/types/mount"

	"bulkhead/inspect"
)

// largestCopy bounds what is copied of one mount, in bytes.
const largestCopy = 256 << 20

// snapshot reads, once for the session, the content of the mounts that copies
// get a copy of. The originals are only read. A bind mount of a single file is
// shared read-only instead, because a volume cannot stand in for a file; a
// socket is left out.
func (s *Session) snapshot(ctx context.Context) error {
	for _, p := range s.patterns() {
		if err := s.closeSockets(ctx, p); err != nil {
			return err
		}
		var storage []Storage
		for _, st := range p.spec.Storage {
			stays, err := s.hold(ctx, p, st)
			if err != nil {
				return err
			}
			if stays {
				storage = append(storage, st)
			}
		}
		p.spec.Storage = storage
	}
	return nil
}

// hold makes sure that the content of a mount is there for the copies where
// they get it. It says whether the mount stays one that has a volume of its own
// in the copies.
func (s *Session) hold(ctx context.Context, p *pattern, st Storage) (stays bool, err error) {
	_, layered := s.layers[st.Source]
	switch {
	case layered || s.data[st.Source] != nil:
		return true, nil
	case !st.Bind && !s.opt.CopyVolumes:
		return true, nil
	case !st.Bind:
		return true, s.holdVolume(ctx, p, st)
	}
	stat, err := s.api.ContainerStatPath(ctx, p.original.ID, client.ContainerStatPathOptions{Path: st.Target})
	if err != nil {
		return false, fmt.Errorf("looking at the mount on %s: %w", inspect.Printable(st.Target), err)
	}
	if !stat.Stat.Mode.IsDir() {
		p.shareFile(st, stat.Stat.Mode)
		return false, nil
	}
	return true, s.holdCopy(ctx, place{p.original.ID, st.Target}, p, st)
}

// place is a path in a container.
type place struct{ container, path string }

// holdCopy keeps a bounded copy of what the place holds.
func (s *Session) holdCopy(ctx context.Context, from place, p *pattern, st Storage) error {
	file, skipped, err := s.read(ctx, from, p, st)
	if err != nil {
		return err
	}
	s.data[st.Source] = file
	if len(skipped) > 0 {
		s.found = append(s.found, fmt.Sprintf("%s: %s left out of the copy, being no file or directory.",
			s.within(p, st.Target), enumerate(skipped, 3)))
	}
	return nil
}

// enumerate names the first of the things and counts the rest.
func enumerate(names []string, most int) string {
	text := strings.Join(names[:min(most, len(names))], ", ")
	switch {
	case len(names) > most:
		return fmt.Sprintf("%s and %d more were", text, len(names)-most)
	case len(names) == 1:
		return text + " was"
	}
	return text + " were"
}

// shareFile passes a single file through read-only, unless it is a socket or a
// device.
func (p *pattern) shareFile(st Storage, mode os.FileMode) {
	if !mode.IsRegular() {
		p.spec.Notes = append(p.spec.Notes, fmt.Sprintf("%s is not a regular file and is not passed through.", inspect.Printable(st.Target)))
		return
	}
	p.spec.Notes = append(p.spec.Notes, fmt.Sprintf("%s is a single file and is read-only in the copy.", inspect.Printable(st.Target)))
	p.spec.HostConfig.Mounts = append(p.spec.HostConfig.Mounts, mount.Mount{
		Type: mount.TypeBind, Source: st.Source, Target: st.Target, ReadOnly: true,
	})
}

// read copies what is at the place into a file that only this user can read and
// that is already unlinked. It returns the paths of what it left out.
func (s *Session) read(ctx context.Context, from place, p *pattern, st Storage) (file *os.File, skipped []string, err error) {
	failed := func(doing string, err error) (*os.File, []string, error) {
		return nil, nil, fmt.Errorf("%s the mount on %s: %w", doing, s.within(p, st.Target), explain(err))
	}
	result, err := s.api.CopyFromContainer(ctx, from.container, client.CopyFromContainerOptions{SourcePath: from.path})
	if err != nil {
		return failed("reading", err)
	}
	defer result.Content.Close()
	file, err = os.CreateTemp("", "bulkhead-*.tar")
	if err != nil {
		return failed("keeping a copy of", err)
	}
	// Unlinked at once where the system allows it, so that no crash leaves it.
	_ = os.Remove(file.Name())
	defer func() {
		if err != nil {
			file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	skipped, err = rebase(file, result.Content, s.engine.Host.Remap)
	if errors.Is(err, errTooLarge) {
		return nil, nil, &BlockedError{
			Name: name(p.original), Setting: "the mount on " + inspect.Printable(st.Target),
			Reason: fmt.Sprintf("it holds more than %d MB, which is the most that is copied.", largestCopy>>20),
			Next:   "Try it with a smaller data set.", Err: err,
		}
	}
	if err != nil {
		return failed("reading", err)
	}
	return file, skipped, nil
}

var errTooLarge = errors.New("too large")

// rebase copies an archive whose entries all lie below one directory so that
// they lie at the top, with the owners that they have inside, which is what
// extracting into a mount point needs. It leaves out devices, and returns their
// paths.
func rebase(w io.Writer, r io.Reader, owners inspect.Remap) (skipped []string, err error) {
	in, out := tar.NewReader(r), tar.NewWriter(w)
	var total int64
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return skipped, out.Close()
		}
		if err != nil {
			return skipped, err
		}
		_, rest, _ := strings.Cut(strings.Trim(header.Name, "/"), "/")
		if header.Typeflag == tar.TypeChar || header.Typeflag == tar.TypeBlock {
			skipped = append(skipped, inspect.Printable(rest))
			continue
		}
		header.Name = "./" + rest
		header.Uid, header.Gid = owners.User(header.Uid), owners.Group(header.Gid)
		if header.Typeflag == tar.TypeLink {
			_, link, _ := strings.Cut(strings.Trim(header.Linkname, "/"), "/")
			header.Linkname = link
		}
		if total += header.Size; total > largestCopy {
			return skipped, errTooLarge
		}
		if err := out.WriteHeader(header); err != nil {
			return skipped, err
		}
		if _, err := io.Copy(out, in); err != nil {
			return skipped, err
		}
	}
}

// fill writes what was held for the mount into the copy's own volume. The
// engine writes into no mount that is read-only, so that such a volume is
// filled beside the copy.
func (c *copied) fill(ctx context.Context, st Storage, volume string) error {
	file := c.session.data[st.Source]
	if file == nil {
		return nil
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil {
		content := io.NewSectionReader(file, 0, size)
		if st.ReadOnly {
			err = c.session.writeInto(ctx, volume, content)
		} else {
			_, err = c.session.api.CopyToContainer(ctx, c.id, client.CopyToContainerOptions{DestinationPath: st.Target, Content: content})
		}
	}
	if err != nil {
		return fmt.Errorf("filling the copy's %s: %w", inspect.Printable(st.Target), explain(err))
	}
	return nil
}

// insideAt is where containers that are never started have a volume.
const insideAt = "/bulkhead"

// writeInto extracts an archive into a volume.
func (s *Session) writeInto(ctx context.Context, volume string, archive io.Reader) (err error) {
	window, err := s.pristine(ctx, mount.Mount{
		Type: mount.TypeVolume, Source: volume, Target: insideAt, VolumeOptions: &mount.VolumeOptions{NoCopy: true},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, window.remove(ctx)) }()
	_, err = s.api.CopyToContainer(ctx, window.id, client.CopyToContainerOptions{DestinationPath: insideAt, Content: archive})
	return err
}

// forget drops the snapshots.
func (s *Session) forget() {
	for _, file := range s.data {
		file.Close()
		if runtime.GOOS == "windows" {
			_ = os.Remove(file.Name()) // an open file cannot be unlinked there
		}
	}
	clear(s.data)
}
