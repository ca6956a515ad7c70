package watch

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/observe"
)

// Meterer is the part of the engine's API that says what a container uses.
type Meterer interface {
	ContainerStats(ctx context.Context, id string, options client.ContainerStatsOptions) (client.ContainerStatsResult, error)
}

// Meter takes the engine's statistics of a container, about once a second,
// through all its starts.
type Meter struct {
	cancel context.CancelFunc
	taking sync.WaitGroup
	// peaks belongs to the goroutine until it has ended.
	peaks observe.Peaks
}

// Measure begins, also before the container runs. Where the engine does not
// answer nothing is known, which is what the peaks then say. Whoever measures
// calls Stop, or ends the context.
func Measure(ctx context.Context, api Meterer, id string) *Meter {
	ctx, cancel := context.WithCancel(ctx)
	m := &Meter{cancel: cancel}
	m.taking.Go(func() {
		answer, err := api.ContainerStats(ctx, id, client.ContainerStatsOptions{Stream: true})
		if err != nil {
			return
		}
		defer answer.Body.Close()
		m.peaks = peaksOf(answer.Body)
	})
	return m
}

// Stop ends the measuring and says what was used at most.
func (m *Meter) Stop() observe.Peaks {
	m.cancel()
	m.taking.Wait()
	return m.peaks
}

// shortest is how far apart two samples are at least for their difference to be
// a use of processors.
const shortest = time.Second / 2

// peaksOf reads samples until there are no more. Those of a container that does
// not run are empty and have no time.
func peaksOf(samples io.Reader) observe.Peaks {
	var peaks observe.Peaks
	var last container.StatsResponse
	for decoder := json.NewDecoder(samples); ; {
		var now container.StatsResponse
		if decoder.Decode(&now) != nil {
			return peaks
		}
		peaks = peaks.Max(observe.Peaks{
			// MaxUsage is known on cgroup v1 alone.
			Memory:    max(now.MemoryStats.MaxUsage, now.MemoryStats.Usage),
			Processes: now.PidsStats.Current,
			CPUs:      busy(last, now),
		})
		last = now
	}
}

// busy is how many processors were kept busy between two samples; 0 where the
// container was started anew meanwhile.
func busy(last, now container.StatsResponse) float64 {
	used, before, passed := now.CPUStats.CPUUsage.TotalUsage, last.CPUStats.CPUUsage.TotalUsage, now.Read.Sub(last.Read)
	if last.Read.IsZero() || passed < shortest || used < before {
		return 0
	}
	return float64(used-before) / float64(passed)
}
