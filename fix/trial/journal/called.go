package journal

import (
	"path/filepath"
	"time"

	"bulkhead/fix/socketproxy"
	"bulkhead/fix/trial"
)

// Called is one run of a copy whose calls of the engine's API were recorded.
type Called struct {
	Workload string `json:"workload"`
	trial.Facts
	At        time.Time             `json:"at"`
	Recording socketproxy.Recording `json:"recording"`
}

// Called keeps a recorded run beside the workload's results.
func (j Journal) Called(c Called) error {
	return keep(j.called(c.Workload), c.At, c, "the recorded calls")
}

// Calls returns the workload's recorded runs with the same image and command, in
// the order in which they were made; none is no error.
func (j Journal) Calls(workload string, now trial.Facts) ([]Called, error) {
	all, err := j.AllCalls(workload)
	var same []Called
	for _, c := range all {
		if c.ImageID == now.ImageID && c.Command == now.Command {
			same = append(same, c)
		}
	}
	return same, err
}

// AllCalls are the workload's recorded runs whatever it was then.
func (j Journal) AllCalls(workload string) ([]Called, error) {
	return kept[Called](j.called(workload), "the recorded calls", func(c Called) bool { return c.Workload == workload })
}

func (j Journal) called(workload string) string { return filepath.Join(j.of(workload), "called") }
