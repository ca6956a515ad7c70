package workbench

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/ui/workbench/servicestest"
)

// BenchmarkSearchAgainstOneByOne holds the search against what a person does by
// hand: on the same copies, held against the same baselines, one capability
// after the other is left out, and stays out where that works. The ratio is
// wall time by wall time, and both come to the same: two baselines, the set
// confirmed twice, and, where the search tried that, the plan on volumes of
// root's. What the search finds out about the root filesystem the other is told,
// and its baselines are not asked what they wrote.
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
				kept, n := oneByOne(b, bench, w, r)
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

// BenchmarkTrialsWithoutObservation says what observation spares: each service is
// searched with an observer and without, and both must prove the same set.
func BenchmarkTrialsWithoutObservation(b *testing.B) {
	for _, s := range servicestest.Chosen(b) {
		b.Run(s.Name, func(b *testing.B) {
			bench := bench(b)
			bench.Trials.Parallel = 0
			bench.Trials.Exercises = []health.Exercise{exercise(b, s.Name)}
			w := start(b, bench, s.Name, container.Config{Env: s.Env}, container.HostConfig{})
			var runs [2]int
			var took [2]time.Duration
			for b.Loop() {
				var sets [2]inspect.CapSet
				for i, observing := range []Observing{ObserveAuto, ObserveNever} {
					bench.Trials.Observe = observing
					began := time.Now()
					r, err := bench.Trial(b.Context(), w, func(trial.Event) {})
					if err != nil || !r.Proved {
						b.Fatalf("%s: proved %v, %v", observing, r.Proved, err)
					}
					took[i] += time.Since(began)
					runs[i] += len(r.Trials)
					sets[i], _ = r.Plan.Capabilities()
				}
				if sets[0] != sets[1] {
					b.Errorf("with observation it kept %s, without %s", sets[0], sets[1])
				}
			}
			n := float64(b.N)
			b.ReportMetric(float64(runs[0])/n, "runs")
			b.ReportMetric(float64(runs[1])/n, "runs-unobserved")
			b.ReportMetric(took[0].Seconds()/n, "s")
			b.ReportMetric(took[1].Seconds()/n, "s-unobserved")
			b.ReportMetric(0, "ns/op") // what counts is the comparison
		})
	}
}

// withoutCapabilities is the plan around the capabilities.
func withoutCapabilities(p fix.Plan) fix.Plan {
	return p.Minus(inspect.Change{Dial: inspect.DialCapabilities})
}

// oneByOne runs two baselines, leaves out one capability after the other under
// what the search found to work around them, and confirms the set twice. Where
// the search tried its plan on volumes of root's, so does this.
func oneByOne(b *testing.B, bench *Bench, w inspect.Workload, found trial.Result) (inspect.CapSet, int) {
	b.Helper()
	ctx := context.Background()
	surroundings := withoutCapabilities(found.Plan)
	a, err := bench.Attempt(ctx, w, func(trial.Event) {})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := a.Close(ctx); err != nil {
			b.Error(err)
		}
	}()
	try := func(step trial.Step) bool {
		tried, err := a.Try(ctx, step)
		if err != nil {
			b.Fatal(err)
		}
		return tried[0].Verdict != trial.Failed
	}
	try(trial.Step{Purpose: "baseline", Baseline: true})
	try(trial.Step{Purpose: "baseline again", Baseline: true})
	kept := w.Settings.Capabilities()
	keeping := func(c inspect.CapSet) fix.Plan {
		return surroundings.With(inspect.Change{Dial: inspect.DialCapabilities, Keep: c})
	}
	for _, c := range kept.Each() {
		if try(trial.Step{Purpose: "without " + c.String(), Plan: keeping(kept.Without(c))}) {
			kept = kept.Without(c)
		}
	}
	for range 2 {
		try(trial.Step{Purpose: "confirm", Plan: keeping(kept), Confirm: true})
	}
	if slices.ContainsFunc(found.Trials, func(t trial.Trial) bool { return t.RootOwned }) {
		try(trial.Step{Purpose: "baseline on volumes of root's", Baseline: true, RootOwned: true})
		try(trial.Step{Purpose: "the set on volumes of root's", Plan: keeping(kept), RootOwned: true})
	}
	return kept, len(a.Result().Trials)
}
