package watch

import (
	"archive/tar"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// Archiver is the part of the engine's API that reads files of a container.
type Archiver interface {
	CopyFromContainer(ctx context.Context, id string, options client.CopyFromContainerOptions) (client.CopyFromContainerResult, error)
}

// maxExecutables bounds how many files are looked at.
const maxExecutables = 200

// WithFileCaps adds the capabilities that the executed files demand. What could
// not be read becomes a gap.
func WithFileCaps(ctx context.Context, api Archiver, id string, o observe.Observation) observe.Observation {
	paths := executed(o)
	if len(paths) > maxExecutables {
		o.Unseen = append(o.Unseen, gap(fmt.Sprintf("%d programs were executed, the first %d were looked at", len(paths), maxExecutables)))
		paths = paths[:maxExecutables]
	}
	for _, path := range paths {
		fc, err := fileCap(ctx, api, id, path)
		switch {
		case cerrdefs.IsNotFound(err) && ctx.Err() == nil:
			o.Unseen = append(o.Unseen, gap(fmt.Sprintf("%s is no longer there", path)))
		case err != nil:
			o.Unseen = append(o.Unseen, gap(fmt.Sprintf("%s: %v", path, err)))
		case fc.Caps != 0:
			o.FileCaps = append(o.FileCaps, fc)
		}
	}
	return o.Sorted()
}

func gap(reason string) observe.Gap {
	return observe.Gap{Aspect: observe.FileCapabilities, Reason: inspect.Printable(reason)}
}

// executed are the programs that ran, and the ones that were refused for what
// they demand: those never ran.
func executed(o observe.Observation) []string {
	var paths []string
	for _, x := range o.Executions {
		if !x.Cut && x.Path != "" {
			paths = append(paths, x.Path)
		}
	}
	for _, f := range o.Files {
		if slices.Contains(f.Refused, "EPERM") && !f.Cut {
			paths = append(paths, f.Path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// xattr is where archive/tar shows the extended attribute security.capability.
const xattr = "SCHILY.xattr.security.capability"

// fileCap reads a file's capabilities from the header that the engine's archive
// of it begins with; the content is not read.
func fileCap(ctx context.Context, api Archiver, id, path string) (observe.FileCap, error) {
	for range maxLinks {
		answer, err := api.CopyFromContainer(ctx, id, client.CopyFromContainerOptions{SourcePath: path})
		if err != nil {
			return observe.FileCap{}, err
		}
		header, err := tar.NewReader(answer.Content).Next()
		answer.Content.Close()
		if err != nil {
			return observe.FileCap{}, fmt.Errorf("reading its archive: %w", err)
		}
		if header.Typeflag == tar.TypeSymlink {
			path = answer.Stat.LinkTarget
			continue
		}
		caps, effective, err := parseFileCaps(header.PAXRecords[xattr])
		return observe.FileCap{Path: path, Caps: caps, Effective: effective}, err
	}
	return observe.FileCap{}, fmt.Errorf("more than %d symbolic links", maxLinks)
}

const maxLinks = 8

// parseFileCaps reads a vfs_cap_data of any revision (linux/capability.h): the
// permitted and inheritable sets, and whether they become effective at once. An
// empty text is a file without.
func parseFileCaps(text string) (inspect.CapSet, bool, error) {
	data := []byte(text)
	if len(data) == 0 {
		return 0, false, nil
	}
	if len(data) < 12 {
		return 0, false, fmt.Errorf("its capabilities have %d bytes", len(data))
	}
	word := func(i int) inspect.CapSet { return inspect.CapSet(binary.LittleEndian.Uint32(data[4*i:])) }
	magic := binary.LittleEndian.Uint32(data)
	caps := word(1) | word(2)
	switch revision := magic >> 24; {
	case revision == 1:
	case (revision == 2 || revision == 3) && len(data) >= 20:
		caps |= (word(3) | word(4)) << 32
	default:
		return 0, false, fmt.Errorf("its capabilities are of revision %d", revision)
	}
	return caps, magic&1 != 0, nil
}
