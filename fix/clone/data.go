package clone

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/moby/moby/client"

	"github.com/moby/moby/api/types/mount"

	"bulkhead/inspect"
)

// largestCopy bounds what is copied of one mount, in bytes.
const largestCopy = 256 << 20

// snapshot reads, once for the session, the content of the mounts that copies
// get a copy of, into files that only this user can read and that are already
// unlinked. The original is only read. A bind mount of a single file is shared
// read-only instead, because a volume cannot stand in for a file; a socket is
// left out.
func (s *Session) snapshot(ctx context.Context) error {
	var storage []Storage
	for _, st := range s.spec.Storage {
		if !st.Bind && !s.opt.CopyVolumes {
			storage = append(storage, st)
			continue
		}
		stat, err := s.api.ContainerStatPath(ctx, s.original.ID, client.ContainerStatPathOptions{Path: st.Target})
		if err != nil {
			return fmt.Errorf("looking at the mount on %s: %w", inspect.Printable(st.Target), err)
		}
		if !stat.Stat.Mode.IsDir() {
			s.shareFile(st, stat.Stat.Mode)
			continue
		}
		file, err := s.read(ctx, st.Target)
		if err != nil {
			return err
		}
		s.data[st.Target] = file
		storage = append(storage, st)
	}
	s.spec.Storage = storage
	return nil
}

// shareFile passes a single file through read-only, unless it is a socket or a
// device.
func (s *Session) shareFile(st Storage, mode os.FileMode) {
	i := slices.IndexFunc(s.original.Mounts, mountedOn(st.Target))
	if i < 0 || !mode.IsRegular() {
		s.spec.Notes = append(s.spec.Notes, fmt.Sprintf("%s is not a regular file and is not passed through.", inspect.Printable(st.Target)))
		return
	}
	s.spec.Notes = append(s.spec.Notes, fmt.Sprintf("%s is a single file and is read-only in the copy.", inspect.Printable(st.Target)))
	s.spec.HostConfig.Mounts = append(s.spec.HostConfig.Mounts, mount.Mount{
		Type: mount.TypeBind, Source: s.original.Mounts[i].Source, Target: st.Target, ReadOnly: true,
	})
}

// read copies what is at the path of the original into a private file.
func (s *Session) read(ctx context.Context, target string) (file *os.File, err error) {
	result, err := s.api.CopyFromContainer(ctx, s.original.ID, client.CopyFromContainerOptions{SourcePath: target})
	if err != nil {
		return nil, fmt.Errorf("reading the mount on %s: %w", inspect.Printable(target), err)
	}
	defer result.Content.Close()
	file, err = os.CreateTemp("", "bulkhead-*.tar")
	if err != nil {
		return nil, fmt.Errorf("keeping a copy of the mount on %s: %w", inspect.Printable(target), err)
	}
	// Unlinked at once where the system allows it, so that no crash leaves it.
	_ = os.Remove(file.Name())
	defer func() {
		if err != nil {
			file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if err := rebase(file, result.Content); errors.Is(err, errTooLarge) {
		return nil, &BlockedError{
			Name: name(s.original), Setting: "the mount on " + inspect.Printable(target),
			Reason: fmt.Sprintf("it holds more than %d MB, which is the most that is copied.", largestCopy>>20),
			Next:   "Try it with a smaller data set.",
		}
	} else if err != nil {
		return nil, fmt.Errorf("reading the mount on %s: %w", inspect.Printable(target), err)
	}
	return file, nil
}

var errTooLarge = errors.New("too large")

// rebase copies an archive whose entries all lie below one directory so that
// they lie at the top, which is what extracting into a mount point needs.
func rebase(w io.Writer, r io.Reader) error {
	in, out := tar.NewReader(r), tar.NewWriter(w)
	var total int64
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return out.Close()
		}
		if err != nil {
			return err
		}
		_, rest, _ := strings.Cut(strings.Trim(header.Name, "/"), "/")
		header.Name = "./" + rest
		if header.Typeflag == tar.TypeLink {
			_, link, _ := strings.Cut(strings.Trim(header.Linkname, "/"), "/")
			header.Linkname = link
		}
		if total += header.Size; total > largestCopy {
			return errTooLarge
		}
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		if _, err := io.Copy(out, in); err != nil {
			return err
		}
	}
}

// fillVolumes writes the snapshots into the copy's own volumes.
func (c *copied) fillVolumes(ctx context.Context) error {
	for _, st := range c.session.spec.Storage {
		file := c.session.data[st.Target]
		if file == nil {
			continue
		}
		size, err := file.Seek(0, io.SeekEnd)
		if err != nil {
			return fmt.Errorf("filling the copy's %s: %w", inspect.Printable(st.Target), err)
		}
		_, err = c.session.api.CopyToContainer(ctx, c.id, client.CopyToContainerOptions{
			DestinationPath: st.Target, Content: io.NewSectionReader(file, 0, size),
		})
		if err != nil {
			return fmt.Errorf("filling the copy's %s: %w", inspect.Printable(st.Target), err)
		}
	}
	return nil
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
