// Package writes puts files on the disk, several together, and takes them back.
// Its contract: the files of one write are all written or none is, a file that
// changed since it was read is left alone, and what a file held stands in a
// backup beside it and in a record, from which Undo restores it byte for byte
// as long as the file is still as it was written.
//
// Each file is whole at every moment. The record is there before the first file
// is written; a crash leaves it unfinished, and Sweep ends what it began.
package writes

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"bulkhead/fix/file"
)

// File is one file to write.
type File struct {
	Path string
	// Before is what it holds now, nil where it is not there.
	Before, Content []byte
	// Mode is for a file that is not there; 0 means readable by its owner alone.
	Mode fs.FileMode
	// Secret says that the contents are never to be shown.
	Secret bool
}

// Write writes the files in their order and keeps a record. Each file that is
// there is kept beside itself, as file.Replace does by the time now. The error
// is a *file.Error where a file is at fault; then all files are as they were.
func (s Store) Write(files []File, now time.Time) (Record, error) {
	r := Record{SchemaVersion: schemaVersion, Written: now.UTC()}
	for _, f := range files {
		entry, err := f.entry(now)
		if err != nil {
			return Record{}, err
		}
		r.Files = append(r.Files, entry)
	}
	var err error
	if r.path, err = s.begin(r); err != nil {
		return Record{}, err
	}
	for i, f := range files {
		if err := f.write(r.Files[i], now); err != nil {
			return Record{}, errors.Join(err, takeBack(files[:i], r.Files[:i]), os.Remove(r.path))
		}
	}
	if err := r.finish(); err != nil {
		return Record{}, errors.Join(err, takeBack(files, r.Files), os.Remove(r.path))
	}
	return r, nil
}

// entry is what the record says of the file before it is written.
func (f File) entry(now time.Time) (Entry, error) {
	entry := Entry{Path: resolved(f.Path), Is: digest(f.Content), Secret: f.Secret}
	if f.Before != nil {
		entry.Was, entry.Backup = digest(f.Before), file.BackupOf(entry.Path, now)
		if _, err := os.Lstat(entry.Backup); err == nil {
			// After a crash, Sweep would take it for this write's.
			return entry, &file.Error{File: entry.Backup, Problem: "a backup of this second is already there", Next: "Try again in a second."}
		}
	}
	if dir := filepath.Dir(entry.Path); entry.Created() {
		if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			entry.Made = dir
		}
		if _, err := os.Lstat(entry.Path); err == nil {
			return entry, &file.Error{File: entry.Path, Problem: "there is such a file already", Next: "Name another file."}
		}
	}
	return entry, nil
}

func (f File) write(e Entry, now time.Time) error {
	if !e.Created() {
		_, err := file.Replace(f.Path, f.Before, f.Content, now)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(e.Path), 0o700); err != nil {
		return err
	}
	if err := file.Create(e.Path, f.Content, f.Mode); err != nil {
		return errors.Join(err, e.removeDir())
	}
	return nil
}

// removeDir removes the directory that was made for the file, unless something
// else is in it by now.
func (e Entry) removeDir() error {
	if e.Made == "" {
		return nil
	}
	if left, err := os.ReadDir(e.Made); err != nil || len(left) > 0 {
		return nil
	}
	return os.Remove(e.Made)
}

// takeBack makes written files what they were.
func takeBack(files []File, entries []Entry) error {
	var errs []error
	for i, e := range entries {
		if e.Created() {
			errs = append(errs, os.Remove(e.Path))
			continue
		}
		err := file.Exchange(e.Path, files[i].Content, files[i].Before)
		if err == nil {
			err = os.Remove(e.Backup)
		}
		errs = append(errs, err)
	}
	for _, e := range entries {
		errs = append(errs, e.removeDir())
	}
	return errors.Join(errs...)
}
