// Package journal keeps the results of trials on disk, readable by the owner
// alone. Its contract: a record is written whole or not at all, holds no
// secret (results are redacted before they come here), and is never changed
// once its search has finished.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bulkhead/fix/owner"
	"bulkhead/fix/trial"
)

// Journal is a directory of records, one directory for each workload.
type Journal struct{ dir string }

// At returns the journal in the directory, which need not exist yet.
func At(dir string) Journal { return Journal{dir} }

// Dir is where bulkhead's journal is, by the XDG base directory rules:
// $XDG_STATE_HOME/bulkhead, else ~/.local/state/bulkhead.
func Dir(getenv func(string) string) (string, error) {
	if state := getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "bulkhead"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("finding a place for the journal: %w", err)
	}
	return filepath.Join(home, ".local", "state", "bulkhead"), nil
}

// Save keeps the result, in the place of what it was when its search had come
// less far, and returns the path of its record.
func (j Journal) Save(r trial.Result) (string, error) {
	path, err := write(j.of(r.Workload), r.Started, r)
	if err != nil {
		return "", fmt.Errorf("keeping the result in the journal: %w", err)
	}
	return path, nil
}

// unfinished begins the name of a record that is being written; whose it is
// follows.
const unfinished = ".record-"

// Sweep removes the records that killed processes did not finish writing.
func (j Journal) Sweep() error {
	return filepath.WalkDir(filepath.Join(j.dir, "journal"), func(path string, d fs.DirEntry, err error) error {
		name, is := strings.CutPrefix(filepath.Base(path), unfinished)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // no journal yet, or another bulkhead removed it
		case err != nil:
			return fmt.Errorf("sweeping the journal: %w", err)
		case !is || d.IsDir() || !owner.Gone(owner.OfName(name[:max(0, strings.LastIndexByte(name, '-'))])):
			return nil
		}
		return os.Remove(path)
	})
}

// write puts a record into the directory, named by its time, whole or not at
// all.
func write(dir string, at time.Time, record any) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	data, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, at.UTC().Format("20060102T150405.000Z")+".json")
	f, err := os.CreateTemp(dir, unfinished+owner.InName()+"-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", err
	}
	return path, nil
}

// Latest returns the newest proved result for the workload. The error is
// fs.ErrNotExist where there is none.
func (j Journal) Latest(workload string) (trial.Result, error) {
	return j.newest(workload, func(r trial.Result) bool { return r.Proved })
}

// Unfinished returns the workload's newest result, if its search was
// interrupted; an older one counts no more. The error is fs.ErrNotExist where
// there is none.
func (j Journal) Unfinished(workload string) (trial.Result, error) {
	r, err := j.newest(workload, func(trial.Result) bool { return true })
	if err == nil && r.Finished {
		err = fmt.Errorf("reading the journal of %s: %w", workload, fs.ErrNotExist)
	}
	return r, err
}

// newest returns the newest result for the workload that is wanted.
func (j Journal) newest(workload string, wanted func(trial.Result) bool) (trial.Result, error) {
	entries, err := os.ReadDir(j.of(workload))
	if err != nil {
		return trial.Result{}, fmt.Errorf("reading the journal of %s: %w", workload, err)
	}
	for _, e := range slices.Backward(entries) {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		var r trial.Result
		err := read(filepath.Join(j.of(workload), e.Name()), &r)
		if err != nil {
			return trial.Result{}, err
		}
		if r.Workload == workload && wanted(r) {
			return r, nil
		}
	}
	return trial.Result{}, fmt.Errorf("reading the journal of %s: %w", workload, fs.ErrNotExist)
}

// read reads one record into what it is a record of.
func read(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the journal: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("reading the journal record %q: %w", path, err)
	}
	return nil
}

// of is the workload's own directory. Names come from outside: whatever is not
// a plain letter, digit, dot, dash or underscore is written as its number, so
// no name leads out of the journal and no two share a directory.
func (j Journal) of(workload string) string {
	var b strings.Builder
	for _, r := range workload {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, ".%x.", r)
		}
	}
	return filepath.Join(j.dir, "journal", b.String())
}
