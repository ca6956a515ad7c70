package servicestest

import (
	"context"
	"net"
	"slices"
)

// resolve asks over TCP for an address of the zone that the server holds.
func resolve(ctx context.Context, c Copy) error {
	resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return c.dial(ctx, 53)
	}}
	got, err := resolver.LookupHost(ctx, "www.bulkhead.test.")
	if err != nil {
		return err
	}
	if want := []string{"192.0.2.80"}; !slices.Equal(got, want) {
		return differs("www.bulkhead.test", got, want)
	}
	return nil
}
