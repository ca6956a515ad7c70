package workbench

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"
)

// hashMetadata adds to a sum what the kernel knows of everything below a
// directory of this machine: kind, mode, owner, links, size, extended
// attributes, and when the content and any of the rest last changed.
func hashMetadata(t *testing.T, sum io.Writer, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st syscall.Stat_t
		if err := syscall.Lstat(path, &st); err != nil {
			return err
		}
		fmt.Fprintln(sum, path, st.Ino, st.Mode, st.Uid, st.Gid, st.Nlink, st.Size, st.Mtim, st.Ctim)
		if st.Mode&syscall.S_IFMT == syscall.S_IFLNK {
			return nil
		}
		return hashAttributes(sum, path)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func hashAttributes(sum io.Writer, path string) error {
	names := make([]byte, 64<<10)
	n, err := syscall.Listxattr(path, names)
	if err != nil {
		return fmt.Errorf("listing the attributes of %s: %w", path, err)
	}
	start := 0
	for i, b := range names[:n] {
		if b != 0 {
			continue
		}
		name, value := string(names[start:i]), make([]byte, 64<<10)
		start = i + 1
		size, err := syscall.Getxattr(path, name, value)
		if err != nil {
			return fmt.Errorf("reading the attribute %s of %s: %w", name, path, err)
		}
		fmt.Fprintln(sum, name, value[:size])
	}
	return nil
}
