package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// mostRuns bounds how many runs of one kind are kept of a workload; the oldest
// go.
const mostRuns = 20

// keep puts one run into a directory of runs; what says what it is.
func keep(dir string, at time.Time, run any, what string) error {
	_, err := write(dir, at, run)
	if err == nil {
		err = forget(dir)
	}
	if err != nil {
		return fmt.Errorf("keeping %s in the journal: %w", what, err)
	}
	return nil
}

// forget removes the oldest runs.
func forget(dir string) error {
	records, err := filepath.Glob(filepath.Join(dir, "*.json")) // sorted, and named by their time
	if err != nil {
		return err
	}
	for _, old := range records[:max(0, len(records)-mostRuns)] {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// kept reads the runs of a directory that are wanted, oldest first.
func kept[T any](dir, what string, wanted func(T) bool) ([]T, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	var out []T
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		var run T
		if err := read(filepath.Join(dir, e.Name()), &run); err != nil {
			return nil, err
		}
		if wanted(run) {
			out = append(out, run)
		}
	}
	return out, nil
}
