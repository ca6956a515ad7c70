package writes

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bulkhead/fix/file"
	"bulkhead/fix/owner"
	"bulkhead/inspect"
)

// Sweep ends the writes of processes that were killed in the middle. One whose
// files are all as they were to be counts as written, and can be taken back; of
// any other the files are made what they were. Where a file was changed since,
// nothing is touched, and Undo says so. It returns what it removed.
func (s Store) Sweep() (removed []string, err error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for unfinished writes: %w", err)
	}
	var problems []error
	for _, e := range entries {
		path := filepath.Join(s.dir, e.Name())
		switch name, unfinished := strings.CutSuffix(e.Name(), file.Unfinished); {
		case !owner.Gone(ownerIn(name)):
		case unfinished: // nothing was written yet
			problems = append(problems, os.Remove(path))
		default:
			what, err := s.end(path)
			removed, problems = append(removed, what...), append(problems, err)
		}
	}
	return removed, errors.Join(problems...)
}

// ownerIn is whose the record with the name is, "" where it has ended.
func ownerIn(name string) string {
	name, unfinished := strings.CutSuffix(name, begun)
	if !unfinished {
		return ""
	}
	return owner.OfName(name[strings.LastIndexByte(name, '.')+1:])
}

// end ends one write that was begun.
func (s Store) end(path string) ([]string, error) {
	r, err := read(path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range r.Files {
		names = append(names, inspect.Printable(e.Path))
		if err := file.Tidy(e.Path); err != nil {
			return nil, fmt.Errorf("ending the write of %q: %w", e.Path, err)
		}
	}
	became := "they hold what they held before"
	_, changed := r.Reverse()
	switch {
	case r.whole():
		became, err = "they are written, and `bulkhead undo` takes it back", r.finish()
	case changed != nil:
		became, err = "they were changed since", r.finish()
	default:
		err = s.Undo(r)
	}
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("what an interrupted write left of %s: %s", strings.Join(names, ", "), became)}, nil
}

// whole says that every file is as it was to be.
func (r Record) whole() bool {
	for _, e := range r.Files {
		if now, err := os.ReadFile(e.Path); err != nil || digest(now) != e.Is {
			return false
		}
	}
	return true
}
