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

// BenchmarkCopyAgainstRun holds what a copy costs, from create to removed, its
// probe having looked once, against what `docker run -d`, `docker stop` and
// `docker rm` ask of the engine for the same container. Both are measured in
// turn, so that a busy machine is busy for both; the ratio is what counts.
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
	var copying, running time.Duration
	for b.Loop() {
		began := time.Now()
		c, err := s.create(ctx, trial.Step{}, &logbook{}, nil)
		must(err)
		must(c.start(ctx))
		_, err = c.helper.ask(probeTimeout)
		must(err)
		_, _, _, err = c.stop(ctx)
		must(err)
		must(c.remove(ctx))
		copying += time.Since(began)

		began = time.Now()
		created, err := e.API.ContainerCreate(ctx, options)
		must(err)
		_, err = e.API.ContainerStart(ctx, created.ID, client.ContainerStartOptions{})
		must(err)
		_, err = e.API.ContainerStop(ctx, created.ID, client.ContainerStopOptions{})
		must(err)
		_, err = e.API.ContainerRemove(ctx, created.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		must(err)
		running += time.Since(began)
	}
	b.ReportMetric(copying.Seconds()/float64(b.N), "s/copy")
	b.ReportMetric(running.Seconds()/float64(b.N), "s/run")
	b.ReportMetric(copying.Seconds()/running.Seconds(), "copy/run")
}
