package clone

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// under is the spec of the copy for a step. On root-owned volumes nothing of
// the image is copied into fresh ones: they belong to root then, with mode 755,
// like an empty directory of the host.
func (s Spec) under(step trial.Step) Spec {
	spec := s.Under(step.Plan)
	if step.RootOwned {
		for i, st := range spec.Storage {
			// A volume that the plan adds stands for directories of the image.
			spec.Storage[i].Keep = st.Keep && st.Source == ""
		}
	}
	return spec
}

// FreshVolumes says that copies get volumes that hold nothing of the person's,
// so that who owns them is a question of its own.
func (s *Session) FreshVolumes() bool {
	return slices.ContainsFunc(s.spec.Storage, func(st Storage) bool { return !st.Bind && !s.holds(st) })
}

// peak asks the engine for the most that the copy has used so far. Memory is
// its peak where the engine keeps it (cgroup v1), else what it is now.
func (c *copied) peak(ctx context.Context) (health.Peak, error) {
	result, err := c.session.api.ContainerStats(ctx, c.id, client.ContainerStatsOptions{})
	if err != nil {
		if errdefs.IsConflict(err) || errdefs.IsNotFound(err) {
			return health.Peak{}, nil // it ended meanwhile
		}
		return health.Peak{}, fmt.Errorf("asking what the copy uses: %w", err)
	}
	defer result.Body.Close()
	var stats container.StatsResponse
	if err := json.NewDecoder(result.Body).Decode(&stats); err != nil {
		return health.Peak{}, fmt.Errorf("asking what the copy uses: %w", err)
	}
	return health.Peak{
		Memory:    int64(max(stats.MemoryStats.MaxUsage, stats.MemoryStats.Usage)),
		Processes: int64(stats.PidsStats.Current),
	}, nil
}

// mostExecutables bounds how many files are looked at.
const mostExecutables = 40

// fileCapabilities are those of the files that the copy has executed, as far as
// its configuration and its processes tell. The kernel refuses to execute a
// file whose capabilities are not in the bounding set (capabilities(7)).
func (c *copied) fileCapabilities(ctx context.Context, names []string) (inspect.CapSet, error) {
	root := c.rootfs()
	var files []string
	for _, name := range names {
		file, err := root.file(ctx, name)
		if err != nil {
			return 0, err
		}
		if file != "" && !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	var set inspect.CapSet
	for _, file := range files {
		demanded, err := root.fileCapabilities(ctx, file)
		if err != nil {
			return 0, err
		}
		set |= demanded
	}
	return set, nil
}

// fileCapabilities are those of one file.
func (r rootfs) fileCapabilities(ctx context.Context, file string) (inspect.CapSet, error) {
	h, err := r.header(ctx, file)
	if err != nil || h == nil {
		return 0, err
	}
	caps, err := inspect.FileCapsOf(h)
	if err != nil {
		return 0, fmt.Errorf("reading what %s demands: %w", inspect.Printable(file), err)
	}
	return caps.Permitted & inspect.AllCaps, nil
}

// executables are the paths at which the executed files may lie.
func (c *copied) executables(ctx context.Context) []string {
	config := c.of.spec.Config
	names := slices.Concat([]string(config.Entrypoint), []string(config.Cmd))
	if top, err := c.session.api.ContainerTop(ctx, c.id, client.ContainerTopOptions{Arguments: []string{"-eo", "pid,args"}}); err == nil {
		for _, p := range top.Processes {
			if len(p) >= 2 {
				name, _, _ := strings.Cut(p[1], " ")
				names = append(names, strings.TrimSuffix(name, ":"))
			}
		}
	}
	slices.Sort(names)
	var files []string
	for _, name := range slices.Compact(names) {
		switch {
		case path.IsAbs(name):
			files = append(files, name)
		case name == "" || strings.ContainsAny(name, "/-= "):
		default:
			for _, dir := range searchPath(config.Env) {
				files = append(files, path.Join(dir, name))
			}
		}
	}
	return files[:min(len(files), mostExecutables)]
}

// searchPath is PATH as the container has it, else the engine's default.
func searchPath(env []string) []string {
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, "PATH="); ok {
			return strings.Split(value, ":")
		}
	}
	return []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}
}
