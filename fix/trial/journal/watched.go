package journal

import (
	"path/filepath"
	"time"

	"bulkhead/fix/trial"
	"bulkhead/inspect/observe"
)

// Watched is one observed run.
type Watched struct {
	Workload string `json:"workload"`
	// Live says that the workload's own running container was watched, not a copy.
	Live bool `json:"live,omitempty"`
	trial.Facts
	At          time.Time           `json:"at"`
	Observation observe.Observation `json:"observation"`
}

// Watched keeps an observed run beside the workload's results.
func (j Journal) Watched(w Watched) error {
	return keep(j.watched(w.Workload), w.At, w, "the observation")
}

// Watches returns the workload's observed runs with the same image and command,
// in the order in which they were made; none is no error.
func (j Journal) Watches(workload string, now trial.Facts) ([]Watched, error) {
	return kept(j.watched(workload), "the observations", func(w Watched) bool {
		return w.Workload == workload && w.ImageID == now.ImageID && w.Command == now.Command
	})
}

// Runs are what Watches saw.
func (j Journal) Runs(workload string, now trial.Facts) ([]observe.Observation, error) {
	all, err := j.Watches(workload, now)
	var runs []observe.Observation
	for _, w := range all {
		runs = append(runs, w.Observation)
	}
	return runs, err
}

func (j Journal) watched(workload string) string { return filepath.Join(j.of(workload), "observed") }
