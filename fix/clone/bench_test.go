package clone

import (
	"context"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/fix/trial"
	"bulkhead/inspect/agent"
	"bulkhead/inspect/engine/enginetest"
)

// BenchmarkCopyAgainstRun holds what the start of a copy costs against what
// `docker run -d` asks of the engine for the same container: from create until
// the engine has started it (by its own clock, which has to be this one's), until
// the copy's probe, a container too, has looked once, and until everything is
// removed. Both are measured in turn, so that a busy machine is busy for both;
// the ratios are what counts.
//
//	go test ./fix/clone -run '^$' -bench CopyAgainstRun -benchtime 10x
func BenchmarkCopyAgainstRun(b *testing.B) {
	e := enginetest.Connect(b)
	options := client.ContainerCreateOptions{
		Config:     &container.Config{Image: enginetest.Image(b, e, "redis")},
		HostConfig: &container.HostConfig{},
	}
	id := enginetest.Create(b, e, options, false)
	binary, err := agent.Own()
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	helper, forget, err := HelperImage(ctx, e.API, binary)
	if err != nil {
		b.Fatal(err)
	}
	s, err := Open(ctx, e, id, Options{HelperImage: helper})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		for _, err := range []error{s.Close(ctx), forget(ctx)} {
			if err != nil {
				b.Error(err)
			}
		}
	})

	must := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	startedAt := func(id string) time.Time {
		found, err := e.API.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		must(err)
		at, err := time.Parse(time.RFC3339Nano, found.Container.State.StartedAt)
		must(err)
		return at
	}
	var copied, probed, copyGone, ran, runGone time.Duration
	for b.Loop() {
		began := time.Now()
		c, err := s.create(ctx, trial.Step{}, &logbook{}, nil)
		must(err)
		must(c.start(ctx))
		_, err = c.helper.ask(probeTimeout)
		must(err)
		probed += time.Since(began)
		copied += startedAt(c.id).Sub(began)
		must(c.remove(ctx))
		copyGone += time.Since(began)

		began = time.Now()
		created, err := e.API.ContainerCreate(ctx, options)
		must(err)
		_, err = e.API.ContainerStart(ctx, created.ID, client.ContainerStartOptions{})
		must(err)
		ran += startedAt(created.ID).Sub(began)
		_, err = e.API.ContainerRemove(ctx, created.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		must(err)
		runGone += time.Since(began)
	}
	b.ReportMetric(copied.Seconds()/float64(b.N), "s/copy")
	b.ReportMetric(ran.Seconds()/float64(b.N), "s/run")
	b.ReportMetric(copied.Seconds()/ran.Seconds(), "copy/run")
	b.ReportMetric(probed.Seconds()/ran.Seconds(), "probed/run")
	b.ReportMetric(copyGone.Seconds()/runGone.Seconds(), "removed/removed")
}
