package agent

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// File is a file or directory of an image. A directory has fs.ModeDir in its
// Mode. Directories above it that no File names belong to root and have mode
// 755.
type File struct {
	// Path is absolute and slash-separated.
	Path string
	// Mode holds the permissions, fs.ModeSticky, fs.ModeSetuid, fs.ModeSetgid
	// and fs.ModeDir.
	Mode     fs.FileMode
	UID, GID int
	// Data is a regular file's content.
	Data []byte

	// content replaces Data for the files of a Binary, which are too large to
	// keep in memory.
	content *hostFile
}

// hostFile is the content of a file of this machine.
type hostFile struct {
	path string
	size int64
}

// newHostFile describes the regular file at the path; links are followed.
func newHostFile(name string) (*hostFile, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	return &hostFile{path: name, size: info.Size()}, nil
}

// size is the length of the content in bytes.
func (f File) size() int64 {
	if f.content != nil {
		return f.content.size
	}
	return int64(len(f.Data))
}

// open returns the content.
func (f File) open() (io.ReadCloser, error) {
	if f.content != nil {
		return os.Open(f.content.path)
	}
	return io.NopCloser(bytes.NewReader(f.Data)), nil
}

// header is the file's entry in a layer: without a time, and with numeric
// owners only, so that it is the same on every machine.
func (f File) header() *tar.Header {
	h := &tar.Header{
		Format:   tar.FormatUSTAR,
		Typeflag: tar.TypeReg,
		Name:     strings.TrimPrefix(f.Path, "/"),
		Mode:     tarMode(f.Mode),
		Uid:      f.UID,
		Gid:      f.GID,
		Size:     f.size(),
	}
	if f.Mode.IsDir() {
		h.Typeflag, h.Name, h.Size = tar.TypeDir, h.Name+"/", 0
	}
	return h
}

// tarMode writes a mode as tar(5) numbers it.
func tarMode(m fs.FileMode) int64 {
	mode := int64(m.Perm())
	for bit, value := range map[fs.FileMode]int64{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if m&bit != 0 {
			mode |= value
		}
	}
	return mode
}

// withParents returns the files with the directories above them, sorted so
// that a directory comes before what is in it.
func withParents(files []File) ([]File, error) {
	byPath := map[string]File{}
	for _, f := range files {
		if !path.IsAbs(f.Path) || path.Clean(f.Path) != f.Path || f.Path == "/" {
			return nil, fmt.Errorf("file %q of an image needs a clean absolute path", f.Path)
		}
		if _, twice := byPath[f.Path]; twice {
			return nil, fmt.Errorf("file %q of an image is given twice", f.Path)
		}
		byPath[f.Path] = f
	}
	for _, f := range files {
		for dir := path.Dir(f.Path); dir != "/"; dir = path.Dir(dir) {
			parent, known := byPath[dir]
			if known && !parent.Mode.IsDir() {
				return nil, fmt.Errorf("file %q of an image is inside %q, which is not a directory", f.Path, dir)
			}
			if !known {
				byPath[dir] = File{Path: dir, Mode: fs.ModeDir | 0o755}
			}
		}
	}
	sorted := make([]File, 0, len(byPath))
	for _, name := range slices.Sorted(maps.Keys(byPath)) {
		sorted = append(sorted, byPath[name])
	}
	return sorted, nil
}
