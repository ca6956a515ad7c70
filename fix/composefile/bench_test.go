package composefile

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

// manyServices is a file of n services with a dozen settings each.
func manyServices(n int) []byte {
	var b bytes.Buffer
	b.WriteString("services:\n")
	for i := range n {
		fmt.Fprintf(&b, `  s%04d:
    image: example/s%d:1.2
    user: "1000"
    cap_add:
      - CHOWN
    environment:
      DB_PASSWORD: x%d
      MODE: production
    ports:
      - "127.0.0.1:%d:80"
    volumes:
      - data%d:/data
    restart: always
`, i, i, i, 10000+i, i%50)
	}
	b.WriteString("volumes:\n")
	for i := range min(n, 50) {
		fmt.Fprintf(&b, "  data%d:\n", i)
	}
	return b.Bytes()
}

// BenchmarkEdit edits one of n services. "×compose-go" is the time of an edit,
// with everything that it reads and verifies, as a multiple of compose-go's own
// load of the same file in the same run; "ms-beyond" is what it takes more than
// that load.
func BenchmarkEdit(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		content := manyServices(n)
		path := filepath.Join(b.TempDir(), "compose.yaml")
		r := Request{Path: path, Content: content, Service: "s0000", Plan: wholePlan(b)}
		b.Run(fmt.Sprint(n, " services"), func(b *testing.B) {
			var ours, theirs time.Duration
			for b.Loop() {
				start := time.Now()
				if _, err := Edit(context.Background(), r); err != nil {
					b.Fatal(err)
				}
				ours += time.Since(start)
				start = time.Now()
				loadAlone(b, path, content)
				theirs += time.Since(start)
			}
			b.ReportMetric(float64(ours)/float64(theirs), "×compose-go")
			b.ReportMetric((ours-theirs).Seconds()*1000/float64(b.N), "ms-beyond")
		})
	}
}

// loadAlone is compose-go's own load, with the options that compose.Load gives
// it where they cost or save time.
func loadAlone(b *testing.B, path string, content []byte) {
	b.Helper()
	_, err := composeloader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir: filepath.Dir(path), Environment: types.Mapping{},
		ConfigFiles: []types.ConfigFile{{Filename: path, Content: content}},
	}, func(o *composeloader.Options) {
		o.SetProjectName("x", true)
		o.SkipResolveEnvironment = true
	})
	if err != nil {
		b.Fatal(err)
	}
}
