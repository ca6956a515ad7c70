package journal

import (
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
	return keep(j.watched(w.Workload), w.At, w, "the observation")
}

// Runs returns the workload's observed runs with the same image and command, in
// the order in which they were made; none is no error.
func (j Journal) Runs(workload string, now trial.Facts) ([]observe.Observation, error) {
	all, err := kept(j.watched(workload), "the observations", func(w Watched) bool {
		return w.Workload == workload && w.ImageID == now.ImageID && w.Command == now.Command
	})
	var runs []observe.Observation
	for _, w := range all {
		runs = append(runs, w.Observation)
	}
	return runs, err
}

func (j Journal) watched(workload string) string { return filepath.Join(j.of(workload), "observed") }
