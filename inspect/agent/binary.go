package agent

import (
	"fmt"
	"io/fs"
)

// Binary is a bulkhead program with all it needs to run in an image FROM
// scratch: itself at Path and, where it is dynamically linked, its interpreter
// and libraries at the paths they have on this machine.
type Binary struct {
	// OS and Arch are what it runs on, in Go's words.
	OS, Arch string

	layer layer
	env   []string
}

// Hash is a short name for the binary's exact bytes: 12 hexadecimal digits.
func (b Binary) Hash() string { return b.layer.diffID[:12] }

// Size is how many bytes the binary and what it needs take in an image.
func (b Binary) Size() int64 { return b.layer.size }

// Dynamic says whether libraries of this machine travel with the binary.
func (b Binary) Dynamic() bool { return len(b.layer.files) > 1 }

// read makes a Binary of a Linux program. Where it is dynamically linked, its
// interpreter and libraries are taken from the file system under root, which
// is "/" but for tests.
func read(name, root string) (Binary, error) {
	program, err := newHostFile(name)
	if err != nil {
		return Binary{}, fmt.Errorf("reading program %q: %w", name, err)
	}
	needs, err := closure(name, root)
	if err != nil {
		return Binary{}, fmt.Errorf("reading program %q: %w", name, err)
	}
	b := Binary{OS: "linux", Arch: needs.arch, env: needs.env()}
	files := []File{{Path: Path, Mode: 0o755, content: program}}
	for _, lib := range needs.files {
		content, err := newHostFile(lib.onHost)
		if err != nil {
			return Binary{}, fmt.Errorf("reading library %q of program %q: %w", lib.path, name, err)
		}
		files = append(files, File{Path: lib.path, Mode: fs.FileMode(0o755), content: content})
	}
	if b.layer, err = newLayer(files); err != nil {
		return Binary{}, err
	}
	return b, nil
}
