package compose

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	composeloader "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// BenchmarkLoad loads a file of 1,000 services; the metric "×compose-go" is its
// time as a multiple of compose-go's own load in the same run.
func BenchmarkLoad(b *testing.B) {
	var content bytes.Buffer
	content.WriteString("services:\n")
	for i := range 1000 {
		fmt.Fprintf(&content, "  s%d:\n    image: x\n    ports: ['%d:80']\n    volumes: ['data:/data', './a:/b']\n"+
			"    environment: {A_PASSWORD: x, B: y}\n    cap_drop: [ALL]\n    restart: always\n", i, 10000+i)
	}
	content.WriteString("volumes:\n  data:\n")
	path := filepath.Join(b.TempDir(), "compose.yaml")
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := Load(context.Background(), Options{Files: []string{path}, Overlay: map[string][]byte{path: content.Bytes()}}); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		start = time.Now()
		details := types.ConfigDetails{WorkingDir: filepath.Dir(path), Environment: types.Mapping{},
			ConfigFiles: []types.ConfigFile{{Filename: path, Content: content.Bytes()}}}
		if _, err := composeloader.LoadWithContext(context.Background(), details, func(o *composeloader.Options) {
			o.SetProjectName("x", true)
			o.SkipResolveEnvironment = true
		}); err != nil {
			b.Fatal(err)
		}
		theirs += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "×compose-go")
}
