package agent

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
)

// manifest is one entry of an archive's manifest.json, as docker save writes it
// (moby image/tarexport).
type manifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// writeArchive writes the images as docker load reads them. A layer that
// several images share is written once.
func writeArchive(w io.Writer, images []built) error {
	tw := tar.NewWriter(w)
	written := map[string]bool{}
	var manifests []manifest
	for _, image := range images {
		m := manifest{Config: image.id + ".json", RepoTags: []string{image.name}}
		for _, l := range image.layers {
			name := l.diffID + "/layer.tar"
			m.Layers = append(m.Layers, name)
			if written[name] {
				continue
			}
			written[name] = true
			if err := tw.WriteHeader(entry(name, l.size)); err != nil {
				return err
			}
			if err := l.writeTo(tw); err != nil {
				return err
			}
		}
		if !written[m.Config] {
			written[m.Config] = true
			if err := writeEntry(tw, m.Config, image.config); err != nil {
				return err
			}
		}
		manifests = append(manifests, m)
	}
	list, err := json.Marshal(manifests)
	if err != nil {
		return fmt.Errorf("writing the archive's manifest: %w", err)
	}
	if err := writeEntry(tw, "manifest.json", list); err != nil {
		return err
	}
	return tw.Close()
}

func entry(name string, size int64) *tar.Header {
	return &tar.Header{Format: tar.FormatUSTAR, Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644}
}

func writeEntry(tw *tar.Writer, name string, data []byte) error {
	if err := tw.WriteHeader(entry(name, int64(len(data)))); err != nil {
		return err
	}
	_, err := tw.Write(data)
	return err
}
