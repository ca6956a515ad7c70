package clone

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/fix/trial"
	"bulkhead/inspect/engine/enginetest"
)

// fileArchive is an archive of one file.
func fileArchive(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	out := tar.NewWriter(&buf)
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// The engine's own words for a full disk, from a volume that is too small.
func TestNoSpaceIsSaid(t *testing.T) {
	p := newProject(t)
	s := p.open(p.service("web", "", script("true"), container.HostConfig{}, false), Options{})
	small := s.resourceName("small", 1)
	if _, err := s.createVolume(t.Context(), small, map[string]string{"type": "tmpfs", "device": "tmpfs", "o": "size=64k"}); err != nil {
		t.Fatal(err)
	}
	archive := fileArchive(t, "large", make([]byte, 1<<20))
	err := explain(s.writeInto(t.Context(), small, bytes.NewReader(archive)))
	var full *FaultError
	if !errors.As(err, &full) || !strings.Contains(err.Error(), "no space left") || full.Hint() == "" {
		t.Errorf("error %v", err)
	}
}

// The image can go while a session is open: one of a container that is stopped.
func TestRemovedImageIsSaid(t *testing.T) {
	p := newProject(t)
	made, err := p.API.ContainerCommit(t.Context(), p.service("base", "", script("true"), container.HostConfig{}, false), client.ContainerCommitOptions{Reference: p.name})
	if err != nil {
		t.Fatal(err)
	}
	id := p.service("web", "", container.Config{Image: made.ID}, container.HostConfig{}, false)
	s := p.open(id, Options{})
	if _, err := p.API.ImageRemove(context.Background(), p.name, client.ImageRemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	if enginetest.HasImage(t, p.Engine, made.ID) {
		t.Fatal("the image is still there; this test shows nothing")
	}
	_, err = s.create(t.Context(), trial.Step{}, &logbook{}, nil)
	var gone *FaultError
	if !errors.As(err, &gone) || !strings.Contains(err.Error(), "removed in the meantime") || gone.Hint() == "" {
		t.Errorf("error %v", err)
	}
}

// Whatever else went wrong follows from an engine that no longer answers; where
// it answers, the errors stay what they are.
func TestUnreached(t *testing.T) {
	_, gone := net.Dial("unix", filepath.Join(t.TempDir(), "none"))
	err := Unreached(errors.Join(fmt.Errorf("connecting to the probe: %w", gone), errors.New("database not open")))
	if err == nil || err.Error() != "The engine no longer answers. What the trials made is still on it." {
		t.Errorf("error %v", err)
	}
	other := errors.New("database not open")
	if got := Unreached(other); got != other || Unreached(nil) != nil {
		t.Errorf("error %v", got)
	}
}
