package writes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bulkhead/fix/file"
	"bulkhead/fix/owner"
)

const schemaVersion = 1

// Record says what one write did, without the contents.
type Record struct {
	SchemaVersion int       `json:"schemaVersion"`
	Written       time.Time `json:"written"`
	Files         []Entry   `json:"files"`

	path string
}

// Entry is one written file. Was and Is are the SHA-256 of what it held before
// and after, in hexadecimal; Backup and Was are empty where it was not there.
type Entry struct {
	Path   string `json:"path"`
	Backup string `json:"backup,omitempty"`
	Was    string `json:"was,omitempty"`
	Is     string `json:"is"`
	// Made is the directory that was made for the file.
	Made string `json:"made,omitempty"`
	// Secret says that the contents are never to be shown.
	Secret bool `json:"secret,omitempty"`
}

// Created says that the write made the file.
func (e Entry) Created() bool { return e.Backup == "" }

// Backups are where the old contents are.
func (r Record) Backups() []string {
	var out []string
	for _, e := range r.Files {
		if !e.Created() {
			out = append(out, e.Backup)
		}
	}
	return out
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Store is a directory of records, readable by the owner alone.
type Store struct{ dir string }

// At returns the store in bulkhead's state directory, which need not exist yet.
func At(state string) Store { return Store{filepath.Join(state, "writes")} }

// ended ends the name of a record, begun that of one whose files are still being
// written; whose it is stands before it.
const ended, begun = ".json", ".begun"

// begin keeps the record before its files are written, and returns its path.
func (s Store) begin(r Record) (string, error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return "", fmt.Errorf("keeping a record of the write: %w", err)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", fmt.Errorf("keeping a record of the write: %w", err)
	}
	stamp := r.Written.Format("20060102T150405.000000000Z")
	for n := range 100 {
		name := filepath.Join(s.dir, fmt.Sprintf("%s-%02d.%s", stamp, n, owner.InName()))
		if _, there := os.Lstat(name + ended); there == nil {
			continue
		}
		if err = file.Create(name+begun, append(data, '\n'), 0); !errors.Is(err, fs.ErrExist) {
			return name + begun, err
		}
	}
	return "", err
}

// finish says that all the files are written.
func (r *Record) finish() error { return r.rename(strings.TrimSuffix(r.path, begun) + ended) }

// reopen says that this process is about to write the files again.
func (r *Record) reopen() error {
	name := strings.TrimSuffix(strings.TrimSuffix(r.path, begun), ended)
	return r.rename(name[:strings.LastIndexByte(name, '.')+1] + owner.InName() + begun)
}

func (r *Record) rename(path string) error {
	if err := os.Rename(r.path, path); err != nil {
		return fmt.Errorf("keeping a record of the write: %w", err)
	}
	r.path = path
	return nil
}

// Last returns the newest record, or the newest of the file. The error is a
// *NothingError where there is none.
func (s Store) Last(path string) (Record, error) {
	target := resolved(path)
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Record{}, fmt.Errorf("reading the records of what was written: %w", err)
	}
	for _, e := range slices.Backward(entries) {
		if filepath.Ext(e.Name()) != ended {
			continue
		}
		r, err := read(filepath.Join(s.dir, e.Name()))
		if err != nil {
			return Record{}, err
		}
		if path == "" || slices.ContainsFunc(r.Files, func(e Entry) bool { return e.Path == target }) {
			return r, nil
		}
	}
	return Record{}, &NothingError{File: path}
}

// resolved is the file behind a path as records name it. A file that is not
// there is named by the directory behind its path.
func resolved(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

func read(path string) (Record, error) {
	var r Record
	data, err := os.ReadFile(path)
	if err != nil {
		return r, fmt.Errorf("reading the record of a write: %w", err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("reading the record of a write %q: %w", path, err)
	}
	r.path = path
	return r, nil
}
