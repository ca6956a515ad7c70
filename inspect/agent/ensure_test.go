package agent

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	cerrdefs "github.com/containerd/errdefs"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/client"
)

// fakeEngine keeps images by name. With rename set it gives them IDs of its
// own, as the containerd image store does.
type fakeEngine struct {
	t      *testing.T
	rename bool
	answer string
	deaf   bool
	// forgetful loses images between two calls.
	forgetful bool
	uploads   int
	images    map[string]client.ImageInspectResult
}

func (f *fakeEngine) ImageInspect(_ context.Context, name string, _ ...client.ImageInspectOption) (client.ImageInspectResult, error) {
	img, ok := f.images[name]
	for _, other := range f.images {
		if !ok && other.ID == name {
			img, ok = other, true
		}
	}
	if !ok {
		return img, cerrdefs.ErrNotFound.WithMessage("No such image: " + name)
	}
	return img, nil
}

func (f *fakeEngine) ImageList(_ context.Context, options client.ImageListOptions) (client.ImageListResult, error) {
	var found client.ImageListResult
	for _, img := range f.images {
		for want := range options.Filters["label"] {
			if key, value, _ := strings.Cut(want, "="); img.Config.Labels[key] == value {
				found.Items = append(found.Items, image.Summary{ID: img.ID})
			}
		}
	}
	return found, nil
}

// ImageTag goes by IDs; an image that has gone is not found.
func (f *fakeEngine) ImageTag(_ context.Context, options client.ImageTagOptions) (client.ImageTagResult, error) {
	for _, img := range f.images {
		if img.ID == options.Source && !f.forgetful {
			f.images[options.Target] = img
			return client.ImageTagResult{}, nil
		}
	}
	return client.ImageTagResult{}, cerrdefs.ErrNotFound.WithMessage("No such image: " + options.Source)
}

func (f *fakeEngine) ImageLoad(_ context.Context, input io.Reader, _ ...client.ImageLoadOption) (client.ImageLoadResult, error) {
	f.uploads++
	if f.deaf {
		return nil, errors.New("no space left on device")
	}
	data, err := io.ReadAll(input)
	if err != nil {
		return nil, err
	}
	if f.answer != "" {
		return io.NopCloser(strings.NewReader(f.answer)), nil
	}
	_, contents := entries(f.t, data)
	var manifests []manifest
	if err := json.Unmarshal(contents["manifest.json"], &manifests); err != nil {
		return nil, err
	}
	for _, m := range manifests {
		var config dockerspec.DockerOCIImage
		if err := json.Unmarshal(contents[m.Config], &config); err != nil {
			return nil, err
		}
		var img client.ImageInspectResult
		img.ID, img.Config = "sha256:"+strings.TrimSuffix(m.Config, ".json"), &config.Config
		for _, id := range config.RootFS.DiffIDs {
			img.RootFS.Layers = append(img.RootFS.Layers, string(id))
		}
		if f.rename {
			img.ID = "sha256:" + sum([]byte(img.ID))
		}
		f.images[m.RepoTags[0]] = img
	}
	return io.NopCloser(strings.NewReader(`{"stream":"Loaded image"}` + "\n")), nil
}

func newFakeEngine(t *testing.T) *fakeEngine {
	return &fakeEngine{t: t, images: map[string]client.ImageInspectResult{}}
}

func TestEnsureSendsOnlyWhatIsMissing(t *testing.T) {
	for _, rename := range []bool{false, true} {
		f := newFakeEngine(t)
		f.rename = rename
		ensure := func(b Binary, images ...Image) {
			t.Helper()
			if err := Ensure(t.Context(), f, b, images...); err != nil {
				t.Fatal(err)
			}
		}
		b := fixtureBinary(t, "program")
		ensure(b, fixtureImages()...)
		ensure(b, fixtureImages()...)
		if f.uploads != 1 {
			t.Errorf("rename=%v: %d uploads for the same images, want 1", rename, f.uploads)
		}
		changed := fixtureImages()
		changed[1].Cmd = []string{"now"}
		ensure(b, changed...)
		if f.uploads != 2 || len(f.images["practice/ping:1"].Config.Cmd) != 1 {
			t.Errorf("rename=%v: a changed image was not loaded (%d uploads)", rename, f.uploads)
		}
		ensure(fixtureBinary(t, "newer"), changed...)
		if f.uploads != 3 {
			t.Errorf("rename=%v: a newer binary was not loaded (%d uploads)", rename, f.uploads)
		}
	}
}

// Who wants the same image under another name gets the one that is there.
func TestTheSameImageIsSentOnce(t *testing.T) {
	b := fixtureBinary(t, "program")
	for _, tt := range []struct {
		name              string
		rename, forgetful bool
		uploads           int
	}{{"by its ID", false, false, 1}, {"by what is in it", true, false, 1}, {"it goes meanwhile", false, true, 2}} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeEngine(t)
			f.rename, f.forgetful = tt.rename, tt.forgetful
			first, second := HelperImage(b), HelperImage(b)
			second.Name += ".again"
			for _, image := range []Image{first, second} {
				if err := Ensure(t.Context(), f, b, image); err != nil {
					t.Fatal(err)
				}
			}
			if f.uploads != tt.uploads || f.images[first.Name].ID != f.images[second.Name].ID || f.images[first.Name].ID == "" {
				t.Errorf("%d uploads: %s and %s", f.uploads, f.images[first.Name].ID, f.images[second.Name].ID)
			}
			other := HelperImage(fixtureBinary(t, "newer"))
			if err := Ensure(t.Context(), f, fixtureBinary(t, "newer"), other); err != nil || f.images[other.Name].ID == f.images[first.Name].ID {
				t.Errorf("another binary got the same image, %v", err)
			}
		})
	}
}

func TestEnsureSaysWhatTheEngineSaid(t *testing.T) {
	for name, test := range map[string]struct {
		engine func(f *fakeEngine)
		want   string
	}{
		"in the stream": {
			func(f *fakeEngine) {
				f.answer = `{"stream":"x"}` + "\n" + `{"errorDetail":{"message":"no space\u001b[2J left"},"error":"no space left"}`
			},
			"loading images into the engine: no space␛[2J left",
		},
		"without reading": {
			func(f *fakeEngine) { f.deaf = true },
			"loading images into the engine: no space left on device",
		},
		"not at all": {
			func(f *fakeEngine) { f.answer = `{"stream":"x"}` },
			"loading images into the engine: it took image practice/web:1 but does not show it",
		},
		"garbage": {
			func(f *fakeEngine) { f.answer = `<html>` },
			"loading images into the engine: reading the engine's answer: invalid character '<' looking for beginning of value",
		},
	} {
		f := newFakeEngine(t)
		test.engine(f)
		err := Ensure(t.Context(), f, fixtureBinary(t, strings.Repeat("program", 10_000)), fixtureImages()...)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: error is %v, want %s", name, err, test.want)
		}
	}
}
