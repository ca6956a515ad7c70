package watch

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine/enginetest"
)

// BenchmarkStart is how long it takes until a helper has shown that it may
// observe, its image being in the engine, and the most memory it took, which the
// engine keeps with cgroup v1 only.
func BenchmarkStart(b *testing.B) {
	e := enginetest.Connect(b)
	img := image(b, e)
	most := uint64(0)
	for b.Loop() {
		o, err := Start(b.Context(), e.API, Options{Image: img, Labels: enginetest.Labels(b)})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		most = max(most, peak(b, e.API, o.id))
		if err := o.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(most)/(1<<20), "MB-peak")
}

// BenchmarkHelperUnderExecutions is the most memory that a helper took while a
// container executed as fast as it could.
func BenchmarkHelperUnderExecutions(b *testing.B) {
	e := enginetest.Connect(b)
	o := observer(b, e, image(b, e), "SYS_ADMIN")
	for b.Loop() {
		seen := observed(b, e, o, script(b, e, "i=0; while [ $i -lt 1000 ]; do /bin/true; : > /tmp/$i; i=$((i+1)); done; exit 0", nil))
		b.ReportMetric(float64(len(seen.Files)), "files")
	}
	b.ReportMetric(float64(peak(b, e.API, o.id))/(1<<20), "MB-peak")
}

// peak is the most memory that a container has taken.
func peak(b *testing.B, api *client.Client, id string) uint64 {
	b.Helper()
	result, err := api.ContainerStats(b.Context(), id, client.ContainerStatsOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer result.Body.Close()
	var stats container.StatsResponse
	if err := json.NewDecoder(result.Body).Decode(&stats); err != nil {
		b.Fatal(err)
	}
	return max(stats.MemoryStats.MaxUsage, stats.MemoryStats.Usage)
}
