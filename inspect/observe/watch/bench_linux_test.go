package watch

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine/enginetest"
)

// BenchmarkReady is how long it takes from asking for an observer, its image being
// in the engine, until a first watch stands, and how much of that was the start of
// a container; how long a further watch beside it takes to stand and to end; and
// the most memory the helper took, which the engine keeps with cgroup v1 only.
func BenchmarkReady(b *testing.B) {
	e := enginetest.Connect(b)
	img := image(b, e)
	ids := []string{create(b, e, img, nil, "chown"), create(b, e, img, nil, "chown")}
	most, starting, watching, stopping := uint64(0), time.Duration(0), time.Duration(0), time.Duration(0)
	for b.Loop() {
		began := time.Now()
		o, err := Start(b.Context(), e.API, Options{Image: img, Labels: enginetest.Labels(b)})
		if err != nil {
			b.Fatal(err)
		}
		starting += time.Since(began)
		if _, err := o.Watch(b.Context(), ids[0]); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		began = time.Now()
		second, err := o.Watch(b.Context(), ids[1])
		if err != nil {
			b.Fatal(err)
		}
		watching += time.Since(began)
		began = time.Now()
		stop(b, second)
		stopping += time.Since(began)
		most = max(most, peak(b, e.API, o.id))
		if err := o.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	each := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(b.N) }
	b.ReportMetric(each(b.Elapsed()), "ms/ready")
	b.ReportMetric(each(starting), "ms/start")
	b.ReportMetric(each(watching), "ms/further-watch")
	b.ReportMetric(each(stopping), "ms/stop")
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
