package enginetest

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/moby/moby/client"

	"bulkhead/inspect/engine"
)

// Image returns the reference of the test image of that name, a directory
// below testdata/images. It is built when the engine has none of the same
// content: the tag is a hash of the files and of the base image. Built images
// stay, so that the next run need not build them.
func Image(t testing.TB, e *engine.Engine, name string) string {
	t.Helper()
	ctx := context.Background()
	dir := filepath.Join(imagesDir(), name)
	base := baseImage(t, e)
	context, err := archive(dir)
	if err != nil {
		t.Fatalf("reading the test image %s: %v", name, err)
	}
	sum := sha256.Sum256(append([]byte(base), context...))
	ref := fmt.Sprintf("bulkhead-test/%s:%s", name, hex.EncodeToString(sum[:6]))
	if _, err := e.API.ImageInspect(ctx, ref); err == nil {
		return ref
	}
	t.Logf("building %s", ref)
	if err := build(ctx, e, ref, context); err != nil {
		t.Fatalf("building the test image %s: %v", name, err)
	}
	return ref
}

// imagesDir is testdata/images of this module, found from this source file.
func imagesDir() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "testdata", "images")
}

// baseImage returns the ID of BaseImage, making it where it is missing.
func baseImage(t testing.TB, e *engine.Engine) string {
	t.Helper()
	found, err := e.API.ImageInspect(context.Background(), BaseImage)
	if err == nil {
		return found.ID
	}
	script := filepath.Join(imagesDir(), "base.sh")
	if out, err := exec.Command(script).CombinedOutput(); err != nil {
		t.Fatalf("making %s with %s: %v\n%s", BaseImage, script, err, out)
	}
	found, err = e.API.ImageInspect(context.Background(), BaseImage)
	if err != nil {
		t.Fatalf("%s is still missing: %v", BaseImage, err)
	}
	return found.ID
}

// archive packs a directory the same way each time.
func archive(dir string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	out := tar.NewWriter(&buf)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		header := &tar.Header{Name: entry.Name(), Mode: int64(info.Mode().Perm() & 0o755), Size: int64(len(data))}
		if err := out.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := out.Write(data); err != nil {
			return nil, err
		}
	}
	return buf.Bytes(), out.Close()
}

// build builds an image and returns the end of the build's output when it fails.
func build(ctx context.Context, e *engine.Engine, ref string, buildContext []byte) error {
	result, err := e.API.ImageBuild(ctx, bytes.NewReader(buildContext), client.ImageBuildOptions{
		Tags: []string{ref}, Remove: true, ForceRemove: true, Labels: map[string]string{Label: "image"},
	})
	if err != nil {
		return err
	}
	defer result.Body.Close()
	var output []string
	lines := json.NewDecoder(bufio.NewReader(result.Body))
	for {
		var line struct{ Stream, Error string }
		if err := lines.Decode(&line); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if line.Error != "" {
			return fmt.Errorf("%s\n%s", line.Error, slices.Concat(output[max(0, len(output)-20):]))
		}
		output = append(output, line.Stream)
	}
}
