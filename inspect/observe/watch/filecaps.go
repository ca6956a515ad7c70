package watch

import (
	"archive/tar"
	"context"
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
		caps, err := inspect.FileCapsOf(header)
		return observe.FileCap{Path: path, Caps: caps.Permitted, Effective: caps.Effective}, err
	}
	return observe.FileCap{}, fmt.Errorf("more than %d symbolic links", maxLinks)
}

const maxLinks = 8
