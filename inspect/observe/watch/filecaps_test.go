package watch

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"testing"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// capData is the xattr of getcap's cap_net_raw=ep, as Debian 12's iputils-ping
// carries it.
const capData = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// archive is an engine whose containers have these files.
type archive map[string]tar.Header

func (a archive) ContainerInspect(context.Context, string, client.ContainerInspectOptions) (client.ContainerInspectResult, error) {
	return client.ContainerInspectResult{Container: container.InspectResponse{Image: "sha256:1"}}, nil
}

func (a archive) CopyFromContainer(_ context.Context, _ string, o client.CopyFromContainerOptions) (client.CopyFromContainerResult, error) {
	h, ok := a[o.SourcePath]
	if !ok {
		return client.CopyFromContainerResult{}, cerrdefs.ErrNotFound
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if err := w.WriteHeader(&h); err != nil {
		return client.CopyFromContainerResult{}, err
	}
	return client.CopyFromContainerResult{Content: io.NopCloser(&out), Stat: container.PathStat{LinkTarget: h.Linkname}}, nil
}

func TestFileCapsOfWhatWasExecutedOrRefused(t *testing.T) {
	a := archive{
		"/bin/ping":  {Name: "ping", Typeflag: tar.TypeReg, PAXRecords: map[string]string{"SCHILY.xattr.security.capability": capData}},
		"/bin/sh":    {Name: "sh", Typeflag: tar.TypeReg},
		"/bin/link":  {Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/bin/ping"},
		"/bin/round": {Name: "round", Typeflag: tar.TypeSymlink, Linkname: "/bin/round"},
	}
	o := observe.Observation{
		Executions: []observe.Execution{{Path: "/bin/sh"}, {Path: "/bin/gone"}, {Path: "/bin/round"}, {Path: "/cut", Cut: true}},
		Files:      []observe.File{{Path: "/bin/link", Refused: []string{"EPERM"}}, {Path: "/bin/read", Access: []observe.Access{observe.Read}}},
	}
	got := NewKnown(a, inspect.Remap{}).withFileCaps(t.Context(), "", "", o)
	want := []observe.FileCap{{Path: "/bin/ping", Caps: inspect.ParseCaps([]string{"NET_RAW"}), Effective: true}}
	if diff := cmp.Diff(want, got.FileCaps); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	gaps := []observe.Gap{
		{Aspect: observe.FileCapabilities, Reason: "/bin/gone is no longer there"},
		{Aspect: observe.FileCapabilities, Reason: "/bin/round: more than 8 symbolic links"},
	}
	if diff := cmp.Diff(gaps, got.Unseen); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}

// counting counts what is read of each path.
type counting struct {
	archive
	reads map[string]int
}

func (c counting) CopyFromContainer(ctx context.Context, id string, o client.CopyFromContainerOptions) (client.CopyFromContainerResult, error) {
	c.reads[o.SourcePath]++
	return c.archive.CopyFromContainer(ctx, id, o)
}

func TestProgramsOfAnImageAreReadOnce(t *testing.T) {
	executions := []observe.Execution{{Path: "/bin/link"}}
	written := func(path string) observe.Observation {
		return observe.Observation{Executions: executions, Files: []observe.File{{Path: path, Access: []observe.Access{observe.Created}}}}
	}
	for name, test := range map[string]struct {
		second observe.Observation
		live   bool
		want   int
	}{
		"the same":              {observe.Observation{Executions: executions}, false, 1},
		"another file written":  {written("/bin/other"), false, 1},
		"the program written":   {written("/bin/ping"), false, 2},
		"its directory renamed": {written("/bin"), false, 2},
		"on a mount":            {observe.Observation{Executions: executions, Mounts: []observe.Mount{{Point: "/bin"}}}, false, 2},
		"something was lost":    {observe.Observation{Executions: executions, Lost: observe.Lost{Events: 1}}, false, 2},
		"it ran before":         {observe.Observation{Executions: executions}, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			c := counting{archive{
				"/bin/ping": {Name: "ping", Typeflag: tar.TypeReg, PAXRecords: map[string]string{"SCHILY.xattr.security.capability": capData}},
				"/bin/link": {Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/bin/ping"},
			}, map[string]int{}}
			k := NewKnown(c, inspect.Remap{})
			first := k.Complete(t.Context(), "1", observe.Observation{Executions: executions}, true)
			second := k.Complete(t.Context(), "2", test.second, !test.live)
			if len(first.FileCaps) != 1 || !cmp.Equal(first.FileCaps, second.FileCaps) {
				t.Errorf("the first says %v, the second %v", first.FileCaps, second.FileCaps)
			}
			if got := c.reads["/bin/ping"]; got != test.want {
				t.Errorf("it was read %d times, want %d", got, test.want)
			}
		})
	}
}
