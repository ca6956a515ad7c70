package agent

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// layer is one layer of an image, as an uncompressed tar that is written anew
// each time it is needed.
type layer struct {
	files []File
	// diffID is the SHA-256 of the tar, in hexadecimal; size its length.
	diffID string
	size   int64
}

// newLayer sorts the files and measures the tar they make.
func newLayer(files []File) (layer, error) {
	sorted, err := withParents(files)
	if err != nil {
		return layer{}, err
	}
	l := layer{files: sorted}
	sum := sha256.New()
	var count counter
	if err := l.writeTo(io.MultiWriter(sum, &count)); err != nil {
		return layer{}, err
	}
	l.diffID, l.size = hex.EncodeToString(sum.Sum(nil)), int64(count)
	return l, nil
}

// counter counts the bytes written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// writeTo writes the layer as a tar.
func (l layer) writeTo(w io.Writer) error {
	tw := tar.NewWriter(w)
	for _, f := range l.files {
		if err := writeFile(tw, f); err != nil {
			return fmt.Errorf("writing %s to an image: %w", f.Path, err)
		}
	}
	return tw.Close()
}

func writeFile(tw *tar.Writer, f File) error {
	if err := tw.WriteHeader(f.header()); err != nil {
		return err
	}
	if f.Mode.IsDir() {
		return nil
	}
	content, err := f.open()
	if err != nil {
		return err
	}
	defer content.Close()
	// A file that has grown since is cut to the size in its header; one that
	// has shrunk fails in the next call. Either way the sum no longer fits,
	// and the engine refuses the layer.
	_, err = io.CopyN(tw, content, f.size())
	return err
}
