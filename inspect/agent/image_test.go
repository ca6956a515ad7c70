package agent

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fixtureBinary is a binary whose bytes the tests choose.
func fixtureBinary(t *testing.T, program string) Binary {
	t.Helper()
	l, err := newLayer([]File{{Path: Path, Mode: 0o755, Data: []byte(program)}})
	if err != nil {
		t.Fatal(err)
	}
	return Binary{OS: "linux", Arch: "amd64", layer: l}
}

func fixtureImages() []Image {
	return []Image{
		{
			Name: "practice/web:1", Entrypoint: []string{Path, "web"}, Volumes: []string{"/data"},
			ExposedPorts: []string{"80/tcp"}, Labels: map[string]string{"b": "2", "a": "1"},
			Files: []File{
				{Path: "/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
				{Path: "/etc/app/name", Mode: 0o640, UID: 7, GID: 8, Data: []byte("web")},
			},
		},
		{Name: "practice/ping:1", Entrypoint: []string{Path, "ping"}},
	}
}

func archiveOf(t *testing.T, b Binary, images ...Image) []byte {
	t.Helper()
	var made []built
	for _, image := range images {
		m, err := build(b, image)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, m)
	}
	var buf bytes.Buffer
	if err := writeArchive(&buf, made); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestArchiveIsTheSameEveryTime(t *testing.T) {
	first := archiveOf(t, fixtureBinary(t, "program"), fixtureImages()...)
	images := fixtureImages()
	images[0].Files[0], images[0].Files[1] = images[0].Files[1], images[0].Files[0]
	if second := archiveOf(t, fixtureBinary(t, "program"), images...); !bytes.Equal(first, second) {
		t.Error("the archive depends on more than the binary and the images")
	}
	// A release that changes these bytes makes every engine load anew; that is
	// allowed, but it should be meant.
	const want = "527664c1c3398138d0d21b4bc35e3284e27b4d2d64bcd0b1a29e6b27f3152d0b"
	if got := sum(first); got != want {
		t.Errorf("sum of the archive is %s, want %s", got, want)
	}
	if other := archiveOf(t, fixtureBinary(t, "programme"), fixtureImages()...); bytes.Equal(first, other) {
		t.Error("another binary gives the same archive")
	}
}

// entries lists a tar: "path mode uid:gid content", content left out when it is
// long.
func entries(t *testing.T, data []byte) (list []string, contents map[string][]byte) {
	t.Helper()
	contents = map[string][]byte{}
	for tr := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return list, contents
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.ModTime.Unix() != 0 || h.Uname != "" || h.Gname != "" {
			t.Errorf("%s carries a time or a name: %v %q %q", h.Name, h.ModTime, h.Uname, h.Gname)
		}
		text, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		contents[h.Name] = text
		list = append(list, strings.Join([]string{h.Name, fs.FormatFileInfo(h.FileInfo())}, " | "))
	}
}

func TestArchiveSharesTheBinary(t *testing.T) {
	b := fixtureBinary(t, "program")
	_, outer := entries(t, archiveOf(t, b, fixtureImages()...))
	var manifests []manifest
	if err := json.Unmarshal(outer["manifest.json"], &manifests); err != nil {
		t.Fatal(err)
	}
	if len(manifests) != 2 || len(manifests[0].Layers) != 2 || len(manifests[1].Layers) != 1 {
		t.Fatalf("manifest is %+v", manifests)
	}
	if manifests[0].Layers[0] != manifests[1].Layers[0] {
		t.Error("the images do not share the binary's layer")
	}
	for _, m := range manifests {
		if got := sum(outer[m.Config]) + ".json"; got != m.Config {
			t.Errorf("config %s has the sum %s", m.Config, got)
		}
		for _, l := range m.Layers {
			if got := sum(outer[l]) + "/layer.tar"; got != l {
				t.Errorf("layer %s has the sum %s", l, got)
			}
		}
	}
	files, contents := entries(t, outer[manifests[0].Layers[1]])
	want := []string{
		"etc/ | drwxr-xr-x 0 1970-01-01 00:00:00 etc/",
		"etc/app/ | drwxr-xr-x 0 1970-01-01 00:00:00 app/",
		"etc/app/name | -rw-r----- 3 1970-01-01 00:00:00 name",
		"tmp/ | dtrwxrwxrwx 0 1970-01-01 00:00:00 tmp/",
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("files layer (-want +got):\n%s", diff)
	}
	if string(contents["etc/app/name"]) != "web" {
		t.Errorf("a file's content is %q", contents["etc/app/name"])
	}
}

func TestImageConfig(t *testing.T) {
	b := fixtureBinary(t, "program")
	made, err := build(b, fixtureImages()[0])
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(made.config, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"created":      "1970-01-01T00:00:00Z",
		"architecture": "amd64",
		"os":           "linux",
		"config": map[string]any{
			"Entrypoint":   []any{Path, "web"},
			"Env":          []any{"PATH=/", "GODEBUG=netdns=go"},
			"Volumes":      map[string]any{"/data": map[string]any{}},
			"ExposedPorts": map[string]any{"80/tcp": map[string]any{}},
			"Labels": map[string]any{
				"a": "1", "b": "2", Label: b.Hash(), contentLabel: made.content,
			},
		},
		"rootfs": map[string]any{
			"type":     "layers",
			"diff_ids": []any{"sha256:" + made.layers[0].diffID, "sha256:" + made.layers[1].diffID},
		},
		"history": []any{
			map[string]any{"created": "1970-01-01T00:00:00Z", "created_by": "bulkhead: bulkhead"},
			map[string]any{"created": "1970-01-01T00:00:00Z", "created_by": "bulkhead: files"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

func TestImageFilesAreChecked(t *testing.T) {
	for name, files := range map[string][]File{
		"relative":        {{Path: "etc/passwd"}},
		"escaping":        {{Path: "/../etc/passwd"}},
		"root":            {{Path: "/", Mode: fs.ModeDir}},
		"twice":           {{Path: "/a"}, {Path: "/a"}},
		"inside a file":   {{Path: "/a"}, {Path: "/a/b"}},
		"trailing slash":  {{Path: "/a/", Mode: fs.ModeDir}},
		"doubled slashes": {{Path: "//a"}},
	} {
		if _, err := build(fixtureBinary(t, "program"), Image{Name: "x:1", Files: files}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
