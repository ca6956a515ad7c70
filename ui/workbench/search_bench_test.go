package workbench

import (
	"context"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// BenchmarkSearchAgainstOneByOne holds the search against what a person does by
// hand: on the same copies, held against the same baselines, one capability
// after the other is left out, and stays out where that works. The ratio is
// wall time by wall time; the search confirms its plan twice and tries the root
// filesystem besides, the other does neither.
func BenchmarkSearchAgainstOneByOne(b *testing.B) {
	for _, image := range []string{"nginx", "redis", "postgres"} {
		b.Run(image, func(b *testing.B) {
			bench := bench(b)
			bench.Trials.Parallel = 0
			config := container.Config{Env: []string{"POSTGRES_PASSWORD=correct-horse"}}
			w := start(b, bench, image, config, container.HostConfig{})
			var search, byOne time.Duration
			trials, trialsByOne := 0, 0
			for b.Loop() {
				began := time.Now()
				r, err := bench.Trial(b.Context(), w, func(trial.Event) {})
				if err != nil || !r.Proved {
					b.Fatalf("proved %v, %v", r.Proved, err)
				}
				search += time.Since(began)
				trials += len(r.Trials)
				began = time.Now()
				kept, n := oneByOne(b, bench, w)
				byOne += time.Since(began)
				trialsByOne += n
				if found, _ := r.Plan.Capabilities(); found != kept {
					b.Logf("the search kept %s, one by one %s", found, kept)
				}
			}
			b.ReportMetric(search.Seconds()/byOne.Seconds(), "search/one-by-one")
			b.ReportMetric(float64(trials)/float64(b.N), "trials")
			b.ReportMetric(float64(trialsByOne)/float64(b.N), "trials-one-by-one")
			b.ReportMetric(0, "ns/op") // what counts is the ratio
		})
	}
}

// oneByOne leaves out one capability after the other, on a read-only root and
// without new privileges where the search found those to work.
func oneByOne(b *testing.B, bench *Bench, w inspect.Workload) (inspect.CapSet, int) {
	b.Helper()
	ctx := context.Background()
	a, err := bench.Attempt(ctx, w, func(trial.Event) {})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := a.Close(ctx); err != nil {
			b.Error(err)
		}
	}()
	if _, err := a.Try(ctx, trial.Decide(a.Known()).Steps...); err != nil {
		b.Fatal(err)
	}
	kept := w.Settings.Capabilities()
	for _, c := range kept.Each() {
		plan := fix.NewPlan(inspect.Change{Dial: inspect.DialNoNewPrivileges}, inspect.Change{Dial: inspect.DialCapabilities, Keep: kept.Without(c)})
		tried, err := a.Try(ctx, trial.Step{Purpose: "without " + c.String(), Plan: plan})
		if err != nil {
			b.Fatal(err)
		}
		if tried[0].Verdict == trial.Passed {
			kept = kept.Without(c)
		}
	}
	return kept, len(a.Result().Trials)
}
