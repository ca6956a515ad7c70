package servicestest

import (
	"bytes"
	"context"
	"fmt"
)

// nginxWork takes a file that fills many buffers, misses one, and uploads more
// than is kept in memory: the worker then writes a temporary file.
func nginxWork(ctx context.Context, c Copy) error {
	upload := bytes.Repeat([]byte("x"), 3<<20)
	for _, request := range []struct {
		method, path string
		body         []byte
		status, size int // of the answer; any size where negative
	}{
		{"GET", "/large", nil, 200, 2 << 20},
		{"GET", "/not-there", nil, 404, -1},
		{"POST", "/upload", upload, 200, len(fmt.Sprintf("received %d\n", len(upload)))},
	} {
		status, body, err := c.ask(ctx, request.method, request.path, bytes.NewReader(request.body))
		if err != nil {
			return err
		}
		if status != request.status || request.size >= 0 && len(body) != request.size {
			return fmt.Errorf("%s %s: status %d with %d bytes", request.method, request.path, status, len(body))
		}
	}
	return nil
}
