package servicestest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
)

// caddyBody reads the page.
func caddyBody(ctx context.Context, c Copy) error { return c.page(ctx) }

// haproxyGets reads the page three times, each on a connection of its own.
func haproxyGets(ctx context.Context, c Copy) error {
	for range 3 {
		if err := c.page(ctx); err != nil {
			return err
		}
	}
	return nil
}

// page reads the start page that caddy and haproxy have.
func (c Copy) page(ctx context.Context) error {
	status, body, err := c.ask(ctx, http.MethodGet, "/", nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK || string(body) != "bulkhead\n" {
		return fmt.Errorf("the page has status %d and says %q", status, body)
	}
	return nil
}

// httpdParallel makes eight requests, all on connections that are open at the
// same time. Each holds a child of its own, so the parent, which starts with
// five, has to fork more: they must drop to www-data as well.
func httpdParallel(ctx context.Context, c Copy) error {
	var open []net.Conn
	defer func() {
		for _, conn := range open {
			conn.Close()
		}
	}()
	for range 8 {
		conn, err := c.dial(ctx, 80)
		if err != nil {
			return err
		}
		open = append(open, conn)
		if _, err := fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			return err
		}
	}
	for _, conn := range open {
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("status %s", response.Status)
		}
	}
	return nil
}
