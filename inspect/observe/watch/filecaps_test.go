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

// archive is an engine whose container has these files.
type archive map[string]tar.Header

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
	got := WithFileCaps(t.Context(), a, "", o)
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
