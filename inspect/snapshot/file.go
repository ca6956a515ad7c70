package snapshot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bulkhead/inspect"
)

// FormatError says that a file is no snapshot that can be read.
type FormatError struct {
	// Path is the file, "" where the text did not come from one.
	Path string
	// What is a clause about what is wrong.
	What string
	Err  error

	newer bool
}

// Error is one printable sentence without a full stop.
func (e *FormatError) Error() string {
	if e.Path == "" {
		return "the snapshot cannot be read: " + e.What
	}
	return fmt.Sprintf("the snapshot %s cannot be read: %s", inspect.Printable(e.Path), e.What)
}

// Hint is the next step.
func (e *FormatError) Hint() string {
	if e.newer {
		return "It was written by a newer bulkhead: update this one."
	}
	return "Write a new one with `bulkhead snapshot -o FILE`."
}

// Unwrap returns the error beneath.
func (e *FormatError) Unwrap() error { return e.Err }

// Write puts the snapshot into a file that only its owner may read. An existing
// file is replaced in one step, or stays as it is.
func Write(path string, s Snapshot) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".bulkhead-snapshot-*") // mode 0600
	if err != nil {
		return fmt.Errorf("writing the snapshot %q: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("writing the snapshot %q: %w", path, err), os.Remove(f.Name()))
		}
	}()
	if err = errors.Join(Encode(f, s), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Read reads a snapshot from a file. The error is a *FormatError where the file
// holds none.
func Read(path string) (Snapshot, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Snapshot{}, fmt.Errorf("reading a snapshot: %w", err)
	}
	if info.IsDir() {
		return Snapshot{}, &FormatError{Path: path, What: "it is a directory"}
	}
	f, err := os.Open(path)
	if err != nil {
		return Snapshot{}, fmt.Errorf("reading a snapshot: %w", err)
	}
	defer f.Close()
	s, err := Decode(f)
	var format *FormatError
	if errors.As(err, &format) {
		format.Path = path
		return s, format
	}
	if err != nil {
		return s, fmt.Errorf("reading the snapshot %q: %w", path, err)
	}
	return s, nil
}
