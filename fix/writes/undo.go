package writes

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"bulkhead/fix/file"
)

// NothingError says that no record speaks of the file, or that there is none.
type NothingError struct{ File string }

// Error says so.
func (e *NothingError) Error() string {
	if e.File == "" {
		return "nothing that bulkhead wrote is left to take back"
	}
	return fmt.Sprintf("bulkhead wrote nothing to %q that is left to take back", e.File)
}

// Hint is the next step.
func (e *NothingError) Hint() string {
	return "Backups that bulkhead leaves are called FILE.bulkhead-TIME.bak."
}

// Reverse are the files that take the write back: Before is what each holds now,
// Content what it held, nil where the write made it. A file that is as it was
// already is left out. The error is a *file.Error where a file is no longer as
// it was written, or its backup is not what it held.
func (r Record) Reverse() ([]File, error) {
	var out []File
	for _, e := range r.Files {
		now, err := os.ReadFile(e.Path)
		gone := errors.Is(err, fs.ErrNotExist)
		switch {
		case gone && e.Created(), err == nil && !e.Created() && digest(now) == e.Was:
			continue
		case err != nil && !gone:
			return nil, fmt.Errorf("taking back %q: %w", e.Path, err)
		case gone || digest(now) != e.Is:
			return nil, &file.Error{File: e.Path, Problem: "it is no longer as bulkhead wrote it, so it is not taken back", Next: e.byHand()}
		}
		held, err := e.held()
		if err != nil {
			return nil, err
		}
		out = append(out, File{Path: e.Path, Before: now, Content: held, Secret: e.Secret})
	}
	return out, nil
}

// held is what the file held before the write, nil where it was not there.
func (e Entry) held() ([]byte, error) {
	if e.Created() {
		return nil, nil
	}
	content, err := os.ReadFile(e.Backup)
	if err != nil {
		return nil, fmt.Errorf("reading the backup of %q: %w", e.Path, err)
	}
	if digest(content) != e.Was {
		return nil, &file.Error{File: e.Path, Problem: "its backup " + e.Backup + " is not what it held", Next: "Restore the file from elsewhere."}
	}
	if content == nil {
		content = []byte{}
	}
	return content, nil
}

// byHand is how a person takes the write back without Undo.
func (e Entry) byHand() string {
	if e.Created() {
		return "Remove the file by hand if it is not wanted."
	}
	return fmt.Sprintf("What it held before is in %s.", e.Backup)
}

// Undo restores every file of the record, all or none, removes those that the
// write made, and then forgets the record and its backups. A crash leaves the
// record unfinished, as one of a write does. The error is as for Reverse.
func (s Store) Undo(r Record) error {
	files, err := r.Reverse()
	if err != nil {
		return err
	}
	if err := r.reopen(); err != nil {
		return err
	}
	for i, f := range files {
		if f.Content == nil {
			continue
		}
		if err := file.Exchange(f.Path, f.Before, f.Content); err != nil {
			return errors.Join(err, restore(files[:i]), r.finish())
		}
	}
	return forget(r, files)
}

// restore makes files again what they were when Undo began.
func restore(files []File) error {
	var errs []error
	for _, f := range files {
		if f.Content != nil {
			errs = append(errs, file.Exchange(f.Path, f.Content, f.Before))
		}
	}
	return errors.Join(errs...)
}

// forget removes the files that the write made, the backups and the record.
func forget(r Record, files []File) error {
	var gone []string
	for _, f := range files {
		if f.Content == nil {
			gone = append(gone, f.Path)
		}
	}
	var errs []error
	for _, path := range append(gone, r.Backups()...) {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	for _, e := range r.Files {
		errs = append(errs, e.removeDir())
	}
	// The record last: until it is gone, all of this can be done again.
	return errors.Join(errors.Join(errs...), os.Remove(r.path))
}
