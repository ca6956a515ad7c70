package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Create writes a file that is not there yet, with the mode; 0 means readable by
// its owner alone. It is there whole or not at all, where the file system knows
// links; else it may be there empty for a moment. The error is an *Error.
func Create(path string, content []byte, mode fs.FileMode) error {
	if err := createWhole(path, content, mode); errors.Is(err, fs.ErrExist) {
		return &Error{File: path, Problem: "there is such a file already", Next: "Name another file.", Err: err}
	} else if err != nil {
		return refusal(path, err)
	}
	return nil
}

func createWhole(path string, content []byte, mode fs.FileMode) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	temporary, err := prepare(path, content, nil)
	if err != nil {
		return err
	}
	defer func() {
		if gone := os.Remove(temporary); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	if mode != 0 {
		if err := os.Chmod(temporary, mode); err != nil {
			return err
		}
	}
	err = os.Link(temporary, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = reserve(path)
		if err == nil {
			err = os.Rename(temporary, path)
		}
	}
	syncDir(filepath.Dir(path))
	return err
}

// reserve makes the empty file, which nothing else may be.
func reserve(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Tidy removes what a crash left beside a file while it was written. It must not
// be called while the file is.
func Tidy(path string) error {
	if err := os.Remove(temporaryOf(path)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// temporaryOf is where the new content of a file stands until it is complete.
func temporaryOf(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+Unfinished)
}

// Unfinished ends the names of files that are not complete; a dot begins them.
const Unfinished = ".bulkhead-new"

// prepare writes the new content of a file beside it.
func prepare(path string, content []byte, like fs.FileInfo) (temporary string, err error) {
	// What a crash left of an earlier attempt is nobody's file.
	if err := Tidy(path); err != nil {
		return "", err
	}
	temporary = temporaryOf(path)
	return temporary, create(temporary, content, like)
}
