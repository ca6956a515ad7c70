package workbench

import (
	"bulkhead/fix/composefile"
	"bulkhead/fix/writes"
)

// Undo is a write as it would be taken back: shown first, done only when
// accepted.
type Undo struct {
	// Files are what becomes of each file; Content nil means that it goes.
	Files []writes.File
	// Diff is their unified diff, with secrets masked.
	Diff string

	record writes.Record
}

// DraftUndo shows how the newest write is taken back, or the newest one to the
// file. The error is a *writes.NothingError where there is none, and a
// *file.Error where a file is no longer as it was written.
func (b *Bench) DraftUndo(path string) (Undo, error) {
	store, err := b.writes()
	if err != nil {
		return Undo{}, err
	}
	if _, err := store.Sweep(); err != nil {
		return Undo{}, err
	}
	u := Undo{}
	if u.record, err = store.Last(path); err != nil {
		return Undo{}, err
	}
	if u.Files, err = u.record.Reverse(); err != nil {
		return Undo{}, err
	}
	for _, f := range u.Files {
		u.Diff += composefile.FileDiff(f)
	}
	return u, nil
}

// Undo takes the write back. It refuses when a file changed since the draft.
func (b *Bench) Undo(u Undo) error {
	store, err := b.writes()
	if err != nil {
		return err
	}
	return store.Undo(u.record)
}
