package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// writeFile writes a file whole or not at all. A symbolic link is followed;
// what is no regular file, such as a pipe, is written to.
func writeFile(path string, content []byte) error {
	err := replaceFile(path, content)
	// The temporary file's name would mislead.
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return nil
}

func replaceFile(path string, content []byte) error {
	target, mode := path, os.FileMode(0o666)
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		target = resolved
		info, err := os.Stat(target)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return writeInto(target, os.O_WRONLY, mode, content)
		}
		mode = info.Mode().Perm()
	}
	next := filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+"."+rand.Text())
	if err := writeInto(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode, content); err != nil {
		return err
	}
	if err := os.Rename(next, target); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return nil
}

// writeInto writes to what it opens. A new file is on the disk when it returns,
// or gone.
func writeInto(path string, flags int, mode os.FileMode, content []byte) error {
	f, err := os.OpenFile(path, flags, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil && flags&os.O_CREATE != 0 {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil && flags&os.O_CREATE != 0 {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}
