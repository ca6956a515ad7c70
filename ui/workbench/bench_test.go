package workbench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	composeloader "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine/enginetest"
)

// BenchmarkAudit100Containers audits an engine with at least 100 running
// containers, whose processes are looked at, too; the metric "×inspect" is the
// time as a multiple of one `docker inspect` of all of them in the same run.
func BenchmarkAudit100Containers(b *testing.B) {
	e := enginetest.Connect(b)
	docker, err := exec.LookPath("docker")
	if err != nil || !enginetest.HasImage(b, e, enginetest.BaseImage) {
		b.Skip("this needs the docker command and the base image")
	}
	for range 100 {
		enginetest.Create(b, e, client.ContainerCreateOptions{
			Config:     &container.Config{Image: enginetest.BaseImage, Cmd: []string{"sleep", "infinity"}},
			HostConfig: &container.HostConfig{NetworkMode: "none", Resources: container.Resources{Memory: 16 << 20}},
		}, true)
	}
	bench := &Bench{Engine: e, Now: time.Now, Getenv: os.Getenv}
	var ours, theirs time.Duration
	for b.Loop() {
		ids, err := exec.Command(docker, "ps", "--all", "--quiet", "--no-trunc").Output()
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		// Another's container may be gone by now, which fails the command.
		out, _ := exec.Command(docker, append([]string{"inspect"}, strings.Fields(string(ids))...)...).Output()
		theirs += time.Since(start)
		if len(out) < 100_000 {
			b.Fatalf("docker inspect says only %d bytes", len(out))
		}
		start = time.Now()
		a, err := bench.Audit(context.Background())
		ours += time.Since(start)
		if err != nil || len(a.Workloads) < 100 {
			b.Fatalf("%d workloads, %v", len(a.Workloads), err)
		}
	}
	b.ReportMetric(float64(ours)/float64(theirs), "×inspect")
}

// BenchmarkAudit1000Services audits a Compose file of 1,000 services; the metric
// "×compose-go" is the time as a multiple of compose-go's own load in the same
// run.
func BenchmarkAudit1000Services(b *testing.B) {
	var content bytes.Buffer
	content.WriteString("name: many\nservices:\n")
	for i := range 1000 {
		fmt.Fprintf(&content, "  s%d:\n    image: x:1\n    ports: ['%d:80']\n    volumes: ['data:/data', './a:/b']\n"+
			"    environment: {A_PASSWORD: x, B: y}\n    cap_drop: [ALL]\n    restart: always\n", i, 10000+i)
	}
	content.WriteString("volumes:\n  data:\n")
	path := filepath.Join(b.TempDir(), "compose.yaml")
	if err := os.WriteFile(path, content.Bytes(), 0o644); err != nil {
		b.Fatal(err)
	}
	bench := &Bench{Files: []string{path}, Now: time.Now, Getenv: os.Getenv}
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		a, err := bench.Audit(context.Background())
		ours += time.Since(start)
		if err != nil || len(a.Workloads) != 1000 {
			b.Fatalf("%d workloads, %v", len(a.Workloads), err)
		}
		start = time.Now()
		details := types.ConfigDetails{WorkingDir: filepath.Dir(path), Environment: types.Mapping{},
			ConfigFiles: []types.ConfigFile{{Filename: path, Content: content.Bytes()}}}
		if _, err := composeloader.LoadWithContext(context.Background(), details, func(o *composeloader.Options) {
			o.SkipResolveEnvironment = true
		}); err != nil {
			b.Fatal(err)
		}
		theirs += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "×compose-go")
}
