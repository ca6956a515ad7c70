package servicestest

import (
	"bufio"
	"context"
	"fmt"
	"io"
)

// memcachedWork sets a value and gets it back.
func memcachedWork(ctx context.Context, c Copy) error {
	conn, err := c.dial(ctx, 11211)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := fmt.Fprint(conn, "set bulkhead 0 0 4\r\nkept\r\nget bulkhead\r\n"); err != nil {
		return err
	}
	const want = "STORED\r\nVALUE bulkhead 0 4\r\nkept\r\nEND\r\n"
	got := make([]byte, len(want))
	if _, err := io.ReadFull(bufio.NewReader(conn), got); err != nil {
		return fmt.Errorf("after %q: %w", got, err)
	}
	if string(got) != want {
		return differs("set and get", got, want)
	}
	return nil
}
