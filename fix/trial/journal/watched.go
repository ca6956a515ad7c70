package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"bulkhead/fix/trial"
	"bulkhead/inspect/observe"
)

// Watched is one observed run of a copy.
type Watched struct {
	Workload string `json:"workload"`
	trial.Facts
	At          time.Time           `json:"at"`
	Observation observe.Observation `json:"observation"`
}

// mostRuns bounds how many observed runs of a workload are kept; the oldest go.
const mostRuns = 20

// Watched keeps an observed run beside the workload's results.
func (j Journal) Watched(w Watched) error {
	dir := j.watched(w.Workload)
	_, err := write(dir, w.At, w)
	if err == nil {
		err = forget(dir)
	}
	if err != nil {
		return fmt.Errorf("keeping the observation in the journal: %w", err)
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

// Runs returns the workload's observed runs with the same image and command, in
// the order in which they were made; none is no error.
func (j Journal) Runs(workload string, now trial.Facts) ([]observe.Observation, error) {
	entries, err := os.ReadDir(j.watched(workload))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the observations of %s: %w", workload, err)
	}
	var runs []observe.Observation
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		var w Watched
		if err := read(filepath.Join(j.watched(workload), e.Name()), &w); err != nil {
			return nil, err
		}
		if w.Workload == workload && w.ImageID == now.ImageID && w.Command == now.Command {
			runs = append(runs, w.Observation)
		}
	}
	return runs, nil
}

func (j Journal) watched(workload string) string { return filepath.Join(j.of(workload), "observed") }
