package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/moby/moby/api/types/container"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Image describes an image FROM scratch that holds the binary at Path. The
// fields mean what the Dockerfile instructions of the same names mean.
type Image struct {
	// Name is repository:tag.
	Name         string
	Entrypoint   []string
	Cmd          []string
	User         string
	Env          []string
	Labels       map[string]string
	Volumes      []string
	ExposedPorts []string
	WorkingDir   string
	StopSignal   string
	Healthcheck  *container.HealthConfig
	// Files are in a layer of their own, above the binary's.
	Files []File
}

// HelperImage is the image that runs bulkhead itself in the engine: its
// arguments are bulkhead's.
func HelperImage(b Binary) Image {
	return Image{Name: "bulkhead-agent:" + b.Hash(), Entrypoint: []string{Path}}
}

// built is an image ready to be sent.
type built struct {
	name   string
	config []byte
	// id is the SHA-256 of config in hexadecimal; content the value of
	// contentLabel.
	id      string
	content string
	layers  []layer
}

// build makes an image's config and layers.
func build(b Binary, image Image) (built, error) {
	out := built{name: image.Name, layers: []layer{b.layer}}
	if len(image.Files) > 0 {
		files, err := newLayer(image.Files)
		if err != nil {
			return built{}, fmt.Errorf("image %s: %w", image.Name, err)
		}
		out.layers = append(out.layers, files)
	}
	config := toConfig(b, image, out.layers)
	plain, err := json.Marshal(config)
	if err != nil {
		return built{}, fmt.Errorf("image %s: %w", image.Name, err)
	}
	out.content = sum(plain)
	config.Config.Labels[contentLabel] = out.content
	if out.config, err = json.Marshal(config); err != nil {
		return built{}, fmt.Errorf("image %s: %w", image.Name, err)
	}
	out.id = sum(out.config)
	return out, nil
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// toConfig writes the image configuration of the OCI image specification, with
// the fields that Docker adds.
func toConfig(b Binary, image Image, layers []layer) dockerspec.DockerOCIImage {
	epoch := time.Unix(0, 0).UTC()
	var config dockerspec.DockerOCIImage
	config.Created = &epoch
	config.Architecture, config.OS = b.Arch, b.OS
	config.RootFS.Type = "layers"
	for i, l := range layers {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, digest.Digest("sha256:"+l.diffID))
		what := "bulkhead"
		if i > 0 {
			what = "files"
		}
		config.History = append(config.History, ocispec.History{Created: &epoch, CreatedBy: "bulkhead: " + what})
	}
	config.Config.User = image.User
	config.Config.Env = environment(b, image)
	config.Config.Entrypoint = image.Entrypoint
	config.Config.Cmd = image.Cmd
	config.Config.WorkingDir = image.WorkingDir
	config.Config.StopSignal = image.StopSignal
	config.Config.Volumes = set(image.Volumes)
	config.Config.ExposedPorts = set(image.ExposedPorts)
	config.Config.Healthcheck = image.Healthcheck
	config.Config.Labels = map[string]string{}
	maps.Copy(config.Config.Labels, image.Labels)
	config.Config.Labels[Label] = b.Hash()
	return config
}

// environment adds what the binary needs. netdns=go makes a binary that was
// linked with cgo look up names itself: the C library would want plug-ins and
// configuration that the image does not have.
func environment(b Binary, image Image) []string {
	return slices.Concat([]string{"PATH=/", "GODEBUG=netdns=go"}, b.env, image.Env)
}

func set(keys []string) map[string]struct{} {
	if len(keys) == 0 {
		return nil
	}
	s := make(map[string]struct{}, len(keys))
	for _, k := range keys {
		s[k] = struct{}{}
	}
	return s
}
