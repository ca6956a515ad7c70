package journal

import (
	"encoding/json"
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

// Watched keeps an observed run beside the workload's results.
func (j Journal) Watched(w Watched) error {
	dir := j.watched(w.Workload)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keeping the observation in the journal: %w", err)
	}
	data, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("keeping the observation in the journal: %w", err)
	}
	f, err := os.CreateTemp(dir, ".record-*") // mode 0600
	if err != nil {
		return fmt.Errorf("keeping the observation in the journal: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, w.At.UTC().Format("20060102T150405.000Z")+".json"))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("keeping the observation in the journal: %w", err)
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
		path := filepath.Join(j.watched(workload), e.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading the observation: %w", err)
		}
		var w Watched
		if err := json.Unmarshal(data, &w); err != nil {
			return nil, fmt.Errorf("reading the observation %q: %w", path, err)
		}
		if w.Workload == workload && w.ImageID == now.ImageID && w.Command == now.Command {
			runs = append(runs, w.Observation)
		}
	}
	return runs, nil
}

func (j Journal) watched(workload string) string { return filepath.Join(j.of(workload), "observed") }
