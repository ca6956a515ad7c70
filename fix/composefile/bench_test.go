package composefile

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"bulkhead/inspect/compose"
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

func BenchmarkEdit(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		content := manyServices(n)
		path := filepath.Join(b.TempDir(), "compose.yaml")
		r := Request{Path: path, Content: content, Service: "s0000", Plan: wholePlan(b)}
		b.Run(fmt.Sprint(n, " services"), func(b *testing.B) {
			for b.Loop() {
				if _, err := Edit(context.Background(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoad is what BenchmarkEdit is to be held against: an edit loads the
// project twice.
func BenchmarkLoad(b *testing.B) {
	content := manyServices(1000)
	path := filepath.Join(b.TempDir(), "compose.yaml")
	for b.Loop() {
		if _, err := compose.Load(context.Background(), compose.Options{
			Files: []string{path}, Overlay: map[string][]byte{path: content},
		}); err != nil {
			b.Fatal(err)
		}
	}
}
