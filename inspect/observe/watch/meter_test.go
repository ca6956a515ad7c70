package watch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/client"

	"bulkhead/inspect/observe"
)

// stats are samples in the form of Docker Engine 20.10.24, without what is not
// read: before the start, three while it runs, its end, and its second start.
const stats = `{"read":"0001-01-01T00:00:00Z","pids_stats":{},"cpu_stats":{"cpu_usage":{"total_usage":0}},"memory_stats":{}}
{"read":"2026-01-01T00:00:01Z","pids_stats":{"current":3},"cpu_stats":{"cpu_usage":{"total_usage":5000000000}},"memory_stats":{"usage":4096,"max_usage":8192}}
{"read":"2026-01-01T00:00:02Z","pids_stats":{"current":9},"cpu_stats":{"cpu_usage":{"total_usage":6500000000}},"memory_stats":{"usage":4096,"max_usage":16384}}
{"read":"2026-01-01T00:00:02.1Z","pids_stats":{"current":2},"cpu_stats":{"cpu_usage":{"total_usage":6900000000}},"memory_stats":{"usage":4096,"max_usage":16384}}
{"read":"0001-01-01T00:00:00Z","pids_stats":{},"cpu_stats":{"cpu_usage":{"total_usage":0}},"memory_stats":{}}
{"read":"2026-01-01T00:00:09Z","pids_stats":{"current":1},"cpu_stats":{"cpu_usage":{"total_usage":900000000}},"memory_stats":{"usage":20480}}
`

func TestPeaksOf(t *testing.T) {
	for name, tt := range map[string]struct {
		samples string
		want    observe.Peaks
	}{
		"none":         {"", observe.Peaks{}},
		"a life":       {stats, observe.Peaks{Memory: 20480, Processes: 9, CPUs: 1.5}},
		"ending early": {stats[:len(stats)-40], observe.Peaks{Memory: 16384, Processes: 9, CPUs: 1.5}},
	} {
		if diff := cmp.Diff(tt.want, peaksOf(strings.NewReader(tt.samples))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func FuzzPeaksOf(f *testing.F) {
	f.Add([]byte(stats))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p := peaksOf(bytes.NewReader(data)); p.CPUs < 0 {
			t.Errorf("%+v", p)
		}
	})
}

// silent answers with an error, or with a stream without end.
type silent struct{ err error }

func (s silent) ContainerStats(ctx context.Context, _ string, _ client.ContainerStatsOptions) (client.ContainerStatsResult, error) {
	out, in := io.Pipe()
	context.AfterFunc(ctx, func() { in.CloseWithError(ctx.Err()) })
	return client.ContainerStatsResult{Body: out}, s.err
}

// Stop returns what was seen, whatever the engine does.
func TestAMeterStops(t *testing.T) {
	for _, err := range []error{nil, errors.New("no such container")} {
		if diff := cmp.Diff(observe.Peaks{}, Measure(t.Context(), silent{err}, "x").Stop()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
