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

// maxExecutables bounds how many files are looked at.
const maxExecutables = 200

// withFileCaps adds the capabilities that the executed files demand. What could
// not be read becomes a gap. image is what the container was made of where its
// files have been watched from the beginning, else "".
func (k *Known) withFileCaps(ctx context.Context, id, image string, o observe.Observation) observe.Observation {
	paths := executed(o)
	if len(paths) > maxExecutables {
		o.Unseen = append(o.Unseen, gap(fmt.Sprintf("%d programs were executed, the first %d were looked at", len(paths), maxExecutables)))
		paths = paths[:maxExecutables]
	}
	if o.Lost.Any() {
		image = "" // a program may have been changed unseen
	}
	for _, path := range paths {
		p, err := k.program(ctx, id, image, path, o)
		switch {
		case cerrdefs.IsNotFound(err) && ctx.Err() == nil:
			o.Unseen = append(o.Unseen, gap(fmt.Sprintf("%s is no longer there", path)))
		case err != nil:
			o.Unseen = append(o.Unseen, gap(fmt.Sprintf("%s: %v", path, err)))
		case p.caps.Caps != 0:
			o.FileCaps = append(o.FileCaps, p.caps)
		}
	}
	return o.Sorted()
}

// program is what a path led to.
type program struct {
	caps observe.FileCap
	// way are the path and those that its links lead over.
	way []string
}

// program reads what a path leads to, or remembers it of another container of
// the same image.
func (k *Known) program(ctx context.Context, id, image, path string, o observe.Observation) (program, error) {
	if image == "" {
		return readProgram(ctx, k.api, id, path)
	}
	k.mu.Lock()
	p, ok := k.programs[at{image, path}]
	k.mu.Unlock()
	if ok && asInImage(o, p.way) {
		return p, nil
	}
	p, err := readProgram(ctx, k.api, id, path)
	if err == nil && asInImage(o, p.way) {
		k.mu.Lock()
		k.programs[at{image, path}] = p
		k.mu.Unlock()
	}
	return p, err
}

// asInImage says that all the paths lie in the root filesystem and that nothing
// there was seen to be changed.
func asInImage(o observe.Observation, way []string) bool {
	for _, path := range way {
		if slices.ContainsFunc(o.Mounts, func(m observe.Mount) bool { return m.Point != "/" && observe.Below(path, m.Point) }) {
			return false
		}
		if slices.ContainsFunc(o.Files, func(f observe.File) bool {
			return slices.ContainsFunc(f.Access, observe.Access.Writes) && (f.Cut || observe.Below(path, f.Path))
		}) {
			return false
		}
	}
	return true
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

// readProgram reads a file's capabilities from the header that the engine's
// archive of it begins with; the content is not read.
func readProgram(ctx context.Context, api Engine, id, path string) (program, error) {
	var p program
	for range maxLinks {
		answer, err := api.CopyFromContainer(ctx, id, client.CopyFromContainerOptions{SourcePath: path})
		if err != nil {
			return p, err
		}
		header, err := tar.NewReader(answer.Content).Next()
		answer.Content.Close()
		if err != nil {
			return p, fmt.Errorf("reading its archive: %w", err)
		}
		p.way = append(p.way, path)
		if header.Typeflag == tar.TypeSymlink {
			path = answer.Stat.LinkTarget
			continue
		}
		caps, err := inspect.FileCapsOf(header)
		p.caps = observe.FileCap{Path: path, Caps: caps.Permitted, Effective: caps.Effective}
		return p, err
	}
	return p, fmt.Errorf("more than %d symbolic links", maxLinks)
}

const maxLinks = 8
